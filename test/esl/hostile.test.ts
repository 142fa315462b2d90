import { describe, test } from 'node:test'
import { fuzzJson, fuzzStreams } from './support/fuzz.ts'

describe('whatever the peer sends', () => {
  test('JSON with any keys gives the values that stand there, all of them', () => fuzzJson(1500))
  test('frames with any bodies, cut anywhere, come out as they went in', () => fuzzStreams(600))
})
