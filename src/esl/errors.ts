/** What can go wrong with a connection, by code. docs/esl.md says of each what a caller can do. */
export type EslErrorCode =
  | 'CONNECT_FAILED'
  | 'NO_GREETING'
  | 'AUTH_REFUSED'
  | 'ACL_REFUSED'
  | 'SUBSCRIPTION_REFUSED'
  | 'TIMEOUT'
  | 'ABORTED'
  | 'DISCONNECTED'
  | 'OUT_OF_STEP'
  | 'TOO_BIG'
  | 'OVERLOADED'
  | 'CLOSED'

/** The connection failed, or cannot take a command now. The message never holds a password or a command's arguments. */
export class EslError extends Error {
  override readonly name = 'EslError'
  readonly code: EslErrorCode

  constructor(code: EslErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** A command was refused before it reached the socket. Names the part at fault, never its value. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}

/** The bytes are not event-socket frames: the stream has lost step and must be closed. */
export class FramingError extends Error {
  override readonly name = 'FramingError'
  /** True when the frame may be sound but is larger than allowed. */
  readonly tooBig: boolean

  constructor(message: string, tooBig = false) {
    super(message)
    this.tooBig = tooBig
  }
}

/** One frame's body is not an event. The frames after it are not concerned. */
export class EventError extends Error {
  override readonly name = 'EventError'
}
