// Reporter of node:test: a line of reports/tests.jsonl for every test, failures in full, a dot line for people.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const report = join(root, 'reports', 'tests.jsonl')

const causeOf = (error) => error?.cause ?? error

/** Full titles: the names of the suites around a test stand in front of its own. */
export default async function* reporter(source) {
  mkdirSync(dirname(report), { recursive: true })
  writeFileSync(report, '')
  const stacks = new Map()
  let width = 0
  for await (const { type, data } of source) {
    if (type === 'test:stderr' || type === 'test:stdout') {
      yield data.message
      continue
    }
    if (!['test:start', 'test:pass', 'test:fail'].includes(type)) continue
    const stack = stacks.get(data.file) ?? []
    stacks.set(data.file, stack)
    if (type === 'test:start') {
      stack.length = data.nesting
      stack[data.nesting] = data.name
      continue
    }
    // Suites, and the file itself where the runner reports one, are not tests.
    const isSuite =
      data.details?.type === 'suite' || (data.nesting === 0 && data.file !== undefined && data.name === data.file)
    const title = [...stack.slice(0, data.nesting), data.name].join(' › ')
    const failed = type === 'test:fail'
    if (
      isSuite &&
      !(
        failed &&
        causeOf(data.details?.error)?.code !== 'ERR_TEST_FAILURE' &&
        data.details?.error?.failureType === 'hookFailed'
      )
    )
      continue
    const status = data.skip !== undefined && data.skip !== false ? 'skipped' : failed ? 'failed' : 'passed'
    appendFileSync(report, `${JSON.stringify({ title, status })}\n`)
    if (status === 'failed') {
      const error = causeOf(data.details?.error)
      yield `\n✗ ${title}\n${error?.stack ?? error}\n`
      width = 0
    } else {
      yield status === 'skipped' ? 's' : '.'
      width += 1
      if (width % 100 === 0) yield '\n'
    }
  }
  yield '\n'
}
