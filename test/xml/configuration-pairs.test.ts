import { copied, readPairs, readRows } from './pairs.ts'
import { replayPairs } from './replay.ts'

const names = [
  'configuration-',
  'languages-',
  'real-conference',
  'real-local-stream',
  'real-phrase',
  'real-queue-load',
  'real-reloadacl-configuration',
  'real-rescan-sofia',
  'real-call-ivr-configuration',
]

replayPairs('a configuration', readPairs(copied, ...names), readRows(copied))
