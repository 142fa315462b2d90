import { randomUUID } from 'node:crypto'
import type { Queryable } from '../../adapters/database/database.ts'
import type { Actor } from '../../resources/core/define.ts'

/** Something that somebody was about to do to a live call or phone over the API. */
export interface LiveAction {
  readonly domainUuid: string | null
  /** `hangup`, `transfer`, `originate`, `eavesdrop`… */
  readonly action: string
  /** The leg, or null where there is none yet. */
  readonly callUuid: string | null
  /** What was asked for, such as the destination. */
  readonly detail: Readonly<Record<string, string>>
  readonly actor: Actor
}

/** Writes it down before it is done: what cannot be written down is not done. */
export async function recordLiveAction(connection: Queryable, done: LiveAction): Promise<void> {
  await connection.query(
    `insert into tandem.live_actions (live_action_uuid, domain_uuid, action, call_uuid, detail, principal, address, request_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      randomUUID(),
      done.domainUuid,
      done.action,
      done.callUuid,
      JSON.stringify(done.detail),
      done.actor.principal,
      done.actor.address,
      done.actor.requestId,
    ],
  )
}
