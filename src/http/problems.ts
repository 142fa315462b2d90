import { invalid, Problem } from '../errors.ts'
import { EslError } from '../esl/index.ts'

const sqlState = (error: unknown): string | undefined => {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : undefined
}

const connectionErrors = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'ETIMEDOUT',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
])

const isUnavailable = (error: unknown, code: string | undefined): boolean =>
  (code !== undefined &&
    (connectionErrors.has(code) || code.startsWith('08') || code.startsWith('57') || code === '53300')) ||
  (error instanceof Error && /timeout exceeded when trying to connect|Connection terminated/.test(error.message))

/**
 * Any error as one of the catalogue. What PostgreSQL refuses as data (class 22) is the caller's; what it cannot do is
 * ours. Unknown errors become SERVER_ERROR and keep their cause for the log.
 */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (error instanceof EslError) return new Problem('ESL_CONNECTION_FAILED', { cause: error })
  const code = sqlState(error)
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new Problem('PAYLOAD_TOO_LARGE', { cause: error })
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new Problem('UNSUPPORTED_MEDIA_TYPE', { cause: error })
  const { statusCode } = error as { statusCode?: number }
  if (code?.startsWith('FST_ERR') && statusCode !== undefined && statusCode < 500)
    return invalid([{ field: 'request', label: 'Request', text: 'cannot be read' }])
  if (code !== undefined && /^22[0-9A-Z]{3}$/.test(code))
    return new Problem('VALIDATION_ERROR', { message: 'A value has a form that the database refuses', cause: error })
  // 3F000 and 42P01 are PostgreSQL's words for a schema or table that is not there; ours come with a migration.
  if ((code === '3F000' || code === '42P01') && error instanceof Error && error.message.includes('tandem.'))
    return new Problem('UNAVAILABLE', {
      message: 'The schema tandem is missing or old: run tandem migrate',
      cause: error,
    })
  if (code === '57014') return new Problem('UNAVAILABLE', { message: 'The database took too long', cause: error })
  if (isUnavailable(error, code)) return new Problem('UNAVAILABLE', { cause: error })
  return new Problem('SERVER_ERROR', { cause: error })
}
