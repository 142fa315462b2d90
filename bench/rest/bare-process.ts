import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serveCommands, usage } from '../support/child.ts'
import type { FullAnswer } from './requests.ts'

/** What is left when nothing but HTTP is done: node:http reads the request and sends an answer made beforehand. */
let answers: readonly FullAnswer[] = []
let next = 0

const server = createServer((request, response) => {
  request.resume().on('end', () => {
    const answer = answers[next % answers.length]
    next += 1
    if (!answer) return
    response.writeHead(answer.status, answer.headers)
    response.end(answer.body)
  })
})

const commands = {
  usage,
  listen: (): Promise<number> =>
    new Promise((resolve) => {
      server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
    }),
  answerWith(made: readonly FullAnswer[]): void {
    answers = made
  },
}

export type BareCommands = typeof commands

serveCommands(commands)
