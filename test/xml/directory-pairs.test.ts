import { copied, readPairs, readRows } from './pairs.ts'
import { replayPairs } from './replay.ts'

const names = [
  'directory-',
  'real-register-',
  'real-call-extension-invite',
  'real-call-extension-user',
  'real-domain-exists',
  'real-group-call',
  'real-reloadacl-network',
  'real-user-data',
]

replayPairs('the directory', readPairs(copied, ...names), readRows(copied))
