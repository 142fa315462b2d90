const lastTurns = new Map<string, Promise<void>>()

/**
 * Waits until no other client of this process is connecting to the same peer, and gives the function that ends the turn.
 * FreeSWITCH's listen queue holds five: of connections opened at once some are never greeted (facts 1).
 */
export async function takeTurn(peer: string): Promise<() => void> {
  const before = lastTurns.get(peer)
  let end = (): void => {}
  const turn = new Promise<void>((resolve) => {
    end = resolve
  })
  lastTurns.set(peer, turn)
  await before
  return () => {
    if (lastTurns.get(peer) === turn) lastTurns.delete(peer)
    end()
  }
}
