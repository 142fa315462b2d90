import { ConfigError } from '../config/fault.ts'

/** A command that cannot do what it was asked. The message is one whole sentence for the person who asked. */
export class CliError extends Error {
  override readonly name = 'CliError'
}

/** PostgreSQL's codes for "you cannot come in": log-in refused, no such database, shutting down, too many clients. */
const refusedByPostgres = /^(28\w{3}|3D000|57P\w\w|53300)$/

/** True for an error of getting a connection, as opposed to one of using it. */
function isConnectionError(error: Error): boolean {
  if ('syscall' in error) return error.syscall === 'connect' || error.syscall === 'getaddrinfo'
  return 'code' in error && refusedByPostgres.test(String(error.code))
}

/** What to say about an error on standard error, without a stack: programmers find that in the cause. */
export function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof ConfigError) return error.message
  // Trying both families of a host name fails with an error that has no message of its own.
  const first = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error
  const message = first.message.replace(/\.$/, '')
  return isConnectionError(first) ? `The database cannot be reached: ${message}.` : `${message}.`
}
