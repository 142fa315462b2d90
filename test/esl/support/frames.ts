import { type Frame, Framer } from '../../../src/esl/index.ts'

/** The frames of a stream that arrives in these pieces. Each piece is a copy of its own, as from a socket. */
export function framesOf(pieces: readonly Buffer[], framer = new Framer()): Frame[] {
  const frames: Frame[] = []
  for (const piece of pieces) {
    framer.push(Buffer.from(piece))
    for (let frame = framer.next(); frame; frame = framer.next()) frames.push(frame)
  }
  return frames
}

/** The stream cut at these places. */
export function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [...new Set([0, ...places, bytes.length])].filter((place) => place <= bytes.length).sort((a, b) => a - b)
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end))
}

/** What a frame was on the wire. */
export function wire(frame: Frame): Buffer {
  const header = [...frame.headers()].map(([name, value]) => `${name}: ${value}\n`).join('')
  return Buffer.concat([Buffer.from(`${header}\n`), frame.body])
}

/** For comparing frames: everything they say. */
export const told = (frame: Frame): unknown => [frame.type, [...frame.headers()], frame.body.toString('latin1')]
