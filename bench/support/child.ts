import { type ChildProcess, fork } from 'node:child_process'

/** What a child process does on request: functions by name, with arguments and answers that can be sent. */
export type Commands = Readonly<Record<string, (...args: never[]) => unknown>>

interface Question {
  readonly id: number
  readonly name: string
  readonly args: readonly unknown[]
}

type Reply = { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: string }

/** A process started from one file of the benchmarks. */
export interface Child<C extends Commands> {
  readonly process: ChildProcess
  /** Runs one of its commands there. */
  call<K extends keyof C & string>(name: K, ...args: Parameters<C[K]>): Promise<Awaited<ReturnType<C[K]>>>
  /** Asks it to end, and waits until it has. */
  stop(): Promise<void>
}

/** Starts a built file, which calls `serveCommands`. */
export function startChild<C extends Commands>(
  file: string,
  options: { env?: NodeJS.ProcessEnv; stdio?: ('ignore' | 'inherit' | 'pipe' | number)[] } = {},
): Child<C> {
  const process_ = fork(file, {
    stdio: [...(options.stdio ?? ['ignore', 'inherit', 'inherit']), 'ipc'],
    serialization: 'advanced',
    ...(options.env === undefined ? {} : { env: options.env }),
  })
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>()
  const ended = new Promise<void>((resolve) => {
    process_.once('exit', (code, signal) => {
      for (const { reject } of waiting.values()) reject(new Error(`${file} ended with ${signal ?? `code ${code}`}`))
      waiting.clear()
      resolve()
    })
  })
  process_.on('message', (reply: Reply) => {
    const waiter = waiting.get(reply.id)
    waiting.delete(reply.id)
    if ('error' in reply) waiter?.reject(new Error(`${file}: ${reply.error}`))
    else waiter?.resolve(reply.value)
  })
  let asked = 0
  return {
    process: process_,
    call: (name, ...args) =>
      new Promise((resolve, reject) => {
        asked += 1
        waiting.set(asked, { resolve: resolve as (value: unknown) => void, reject })
        if (process_.connected) process_.send({ id: asked, name, args } satisfies Question)
        else reject(new Error(`${file} is gone`))
      }),
    async stop() {
      if (process_.exitCode === null && process_.signalCode === null) process_.kill('SIGTERM')
      await ended
    },
  }
}

/** Answers the parent's commands; the process ends when the parent is gone. */
export function serveCommands(commands: Commands): void {
  process.on('disconnect', () => process.exit(0))
  process.on('message', async ({ id, name, args }: Question) => {
    const command = commands[name] as ((...args: readonly unknown[]) => unknown) | undefined
    try {
      process.send?.({ id, value: await command?.(...args) } satisfies Reply)
    } catch (error) {
      process.send?.({
        id,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      } satisfies Reply)
    }
  })
}

/** What this process has used of the processor since it started, in microseconds, and what it holds of memory. */
export function usage(): { cpuMicros: number; rssBytes: number } {
  const { user, system } = process.cpuUsage()
  return { cpuMicros: user + system, rssBytes: process.memoryUsage.rss() }
}
