import { EslError } from './errors.ts'
import type { Frame } from './frame.ts'
import type { Accepts } from './pending.ts'

/** Types of frames that answer the oldest command. */
export function isAnswer(frame: Frame): boolean {
  return frame.type === 'api/response' || frame.type === 'command/reply'
}

/**
 * The text of an answer. Throws OUT_OF_STEP when this frame cannot be the answer to that kind of command: then some
 * earlier answer was lost, or two have run together, and no later one could be trusted.
 */
export function answerText(frame: Frame, accepts: Accepts): string {
  if (frame.type === 'api/response') {
    if (accepts === 'reply') throw outOfStep('an API answered what was no API command')
    if (frame.contentLength === undefined) throw outOfStep('an API answer has no length')
    return accepts === 'bytes' ? '' : frame.text
  }
  const text = frame.get('Reply-Text')
  // The reply to userauth may come without its end and run into the next frame, whose length it then has.
  if (text === undefined || frame.contentLength !== undefined) throw outOfStep('a reply is not whole')
  if (accepts !== 'reply' && !text.startsWith('-ERR'))
    throw outOfStep('a command reply came where an API answer was due')
  return text
}

const outOfStep = (message: string): EslError => new EslError('OUT_OF_STEP', message)
