/** Where a client is. docs/esl.md has the same table in words; a test keeps them equal. */
export type EslState = 'idle' | 'connecting' | 'authenticating' | 'ready' | 'waiting' | 'refused' | 'closed'

/** What moves it. */
export type EslSignal = 'start' | 'greeted' | 'prepared' | 'refused' | 'lost' | 'due' | 'close'

/** Each state says of each signal where it leads; its own name is "stay", `never` cannot come and is a fault of ours. */
export const transitions = {
  idle: {
    start: 'connecting',
    greeted: 'never',
    prepared: 'never',
    refused: 'never',
    lost: 'never',
    due: 'never',
    close: 'closed',
  },
  connecting: {
    start: 'connecting',
    greeted: 'authenticating',
    prepared: 'never',
    refused: 'refused',
    lost: 'waiting',
    due: 'never',
    close: 'closed',
  },
  authenticating: {
    start: 'authenticating',
    greeted: 'never',
    prepared: 'ready',
    refused: 'refused',
    lost: 'waiting',
    due: 'never',
    close: 'closed',
  },
  ready: {
    start: 'ready',
    greeted: 'never',
    prepared: 'never',
    refused: 'never',
    lost: 'waiting',
    due: 'never',
    close: 'closed',
  },
  waiting: {
    start: 'waiting',
    greeted: 'never',
    prepared: 'never',
    refused: 'never',
    lost: 'never',
    due: 'connecting',
    close: 'closed',
  },
  refused: {
    start: 'refused',
    greeted: 'never',
    prepared: 'never',
    refused: 'never',
    lost: 'never',
    due: 'connecting',
    close: 'closed',
  },
  closed: {
    start: 'never',
    greeted: 'never',
    prepared: 'never',
    refused: 'never',
    lost: 'never',
    due: 'never',
    close: 'closed',
  },
} as const satisfies Readonly<Record<EslState, Readonly<Record<EslSignal, EslState | 'never'>>>>

/** The state that follows. Throws for a signal that cannot come in this state. */
export function nextState(state: EslState, signal: EslSignal): EslState {
  const next: EslState | 'never' = transitions[state][signal]
  if (next === 'never') throw new Error(`${signal} cannot come while ${state}`)
  return next
}
