/**
 * Every error a caller can meet, with its stable code, HTTP status and message. Dialects choose the shape, never the
 * code. `docs/errors.md` lists the same table; a test keeps the two equal. Source: demands S002-ERR-*, S004-ERR-*.
 */
export const errorCatalogue = {
  UNAUTHORIZED: { status: 401, message: 'Invalid API key' },
  CONFIG_ERROR: { status: 500, message: 'API key not configured' },
  MISSING_DOMAIN: { status: 400, message: 'X-Domain header is required' },
  INVALID_DOMAIN: { status: 400, message: 'Domain not found' },
  DOMAIN_MISMATCH: { status: 403, message: 'API key does not have access to this domain' },
  FORBIDDEN: { status: 403, message: 'Access denied' },
  HTTPS_REQUIRED: { status: 403, message: 'HTTPS is required' },
  IP_DENIED: { status: 403, message: 'IP address not whitelisted' },
  VALIDATION_ERROR: { status: 400, message: 'Validation failed' },
  MISSING_UUID: { status: 400, message: 'UUID is required' },
  DUPLICATE_ERROR: { status: 409, message: 'Resource already exists' },
  NOT_FOUND: { status: 404, message: 'Resource not found' },
  METHOD_NOT_ALLOWED: { status: 405, message: 'Method not allowed' },
  PRECONDITION_FAILED: { status: 412, message: 'The resource was changed since it was read' },
  PAYLOAD_TOO_LARGE: { status: 413, message: 'Request body is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, message: 'Content-Type must be application/json' },
  RATE_LIMITED: { status: 429, message: 'Too many requests. Please try again later.' },
  SERVER_ERROR: { status: 500, message: 'Internal server error' },
  NOT_IMPLEMENTED: { status: 501, message: 'Endpoint not implemented' },
  CALL_REFUSED: { status: 409, message: 'The switch did not do this to the call' },
  ESL_NOT_AVAILABLE: { status: 503, message: 'No event socket is configured: set TANDEM_SWITCH_URL' },
  ESL_CONNECTION_FAILED: { status: 503, message: 'Cannot connect to FreeSWITCH' },
  UNAVAILABLE: { status: 503, message: 'The database cannot be reached' },
} as const satisfies Record<string, { status: number; message: string }>

export type ErrorCode = keyof typeof errorCatalogue

/** One thing wrong with one field of a request. */
export interface Fault {
  /** Path of the field in the body or query: `extension`, `lines[0].user_id`. */
  field: string
  /** The field's name for people; dialects that speak to people put it before `text`. */
  label: string
  /** What is wrong, as the rest of a sentence: `is required`. With `whole`, the whole sentence. */
  text: string
  whole?: boolean
}

/** An error of the outside world: expected, listed in the catalogue, told to the caller. */
export class Problem extends Error {
  readonly code: ErrorCode
  readonly status: number
  readonly field: string | undefined
  readonly faults: readonly Fault[]
  /** Further facts a dialect needs for its answer, such as the allowed methods of a 405. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(
    code: ErrorCode,
    options: {
      message?: string
      field?: string
      faults?: readonly Fault[]
      details?: Readonly<Record<string, unknown>>
      cause?: unknown
    } = {},
  ) {
    super(options.message ?? errorCatalogue[code].message, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'Problem'
    this.code = code
    this.status = errorCatalogue[code].status
    this.field = options.field
    this.faults = options.faults ?? []
    this.details = options.details ?? {}
  }
}

/** The faults of a request body or query as one error. */
export const invalid = (faults: readonly Fault[]): Problem =>
  new Problem('VALIDATION_ERROR', { faults, ...(faults[0] ? { field: faults[0].field } : {}) })

/** One field's fault as an error: `invalidField('user_uuid', 'User', 'is not a user of this domain')`. */
export const invalidField = (field: string, label: string, text: string): Problem => invalid([{ field, label, text }])
