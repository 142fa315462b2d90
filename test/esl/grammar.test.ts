import { describe, test } from 'node:test'
import { fuzzGrammar, fuzzSeparators, fuzzSocket } from './support/fuzz.ts'

describe('whatever the fields hold', () => {
  test('no CR, LF or NUL is in a finished command but those that end its lines', () => fuzzGrammar(3000))
  test('words stay as many as they were', () => fuzzSeparators(3000))
  test('the peer receives exactly the commands that were made, and answers each', () => fuzzSocket(400))
})
