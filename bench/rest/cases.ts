import type { Data } from './data.ts'
import { createRequests, type FullAnswer, getRequests, listRequests, type Request } from './requests.ts'

/** One kind of request in one state of the server. */
export interface Case {
  readonly name: string
  /** In words, for the progress line. */
  readonly about: string
  /** Whether the server keeps pages. */
  readonly pageMemory: boolean
  readonly requests: (data: Data) => Request[]
  /** Every page has changed since it was last read. */
  readonly stale?: boolean
  /** Rows are made, so what was recorded can be replayed only once. */
  readonly makesRows?: boolean
  /** Least ratio to the same SQL. */
  readonly least?: number
  /** The case whose SQL spells the whole page, where this one's only asks whether it has changed. */
  readonly wholePage?: string
  /** Latency at a steady pace is measured too. */
  readonly steady?: boolean
  /** True when the answer is the one that is meant to be measured. */
  readonly isRight: (answer: FullAnswer) => boolean
}

const isList = ({ status, body }: FullAnswer): boolean => status === 200 && JSON.parse(body).data.length === 50

/** Different extensions that are asked for. */
const extensions = 1000

export const cases: readonly Case[] = [
  {
    name: 'list-warm',
    about: 'list of 50, page known to the server',
    pageMemory: true,
    requests: (data) => listRequests(data.domains),
    least: 0.4,
    wholePage: 'list-cold',
    steady: true,
    isRight: isList,
  },
  {
    name: 'list-stale',
    about: 'list of 50, page known but changed',
    pageMemory: true,
    stale: true,
    requests: (data) => listRequests(data.domains),
    least: 0.4,
    isRight: isList,
  },
  {
    name: 'list-cold',
    about: 'list of 50, no pages kept',
    pageMemory: false,
    requests: (data) => listRequests(data.domains),
    least: 0.4,
    steady: true,
    isRight: isList,
  },
  {
    name: 'get',
    about: 'one extension with its voicemail box',
    pageMemory: true,
    requests: (data) => getRequests(data.extensions.slice(0, extensions)),
    isRight: ({ status, body }) => status === 200 && JSON.parse(body).data.voicemail.voicemail_id !== '',
  },
  {
    name: 'create',
    about: 'new extension with a voicemail box',
    pageMemory: true,
    requests: (data) => createRequests(data.domains),
    makesRows: true,
    least: 0.5,
    isRight: ({ status, body }) => status === 201 && JSON.parse(body).data.extension_uuid !== undefined,
  },
]

/** The case of a name that stands in the list. */
export function caseOf(name: string): Case {
  const found = cases.find((case_) => case_.name === name)
  if (!found) throw new Error(`no case is called ${name}`)
  return found
}
