import { randomUUID } from 'node:crypto'
import type { Queryable } from '../../adapters/database/database.ts'
import { invalidField, Problem } from '../../errors.ts'
import type { InsideEffect } from '../core/define.ts'
import type { UserFields } from './fields.ts'

type Inside = InsideEffect<UserFields>

/** FusionPBX's level of the group superadmin, which no group of a tenant reaches (facts 11). */
const systemLevel = 80

/** The highest level of the groups a user is in; superadmin counts by its name, as FusionPBX counts it. */
async function levelOf(connection: Queryable, userUuid: string): Promise<number> {
  const [row] = await connection.query<{ level: string | null }>(
    `select max(case when m.group_name = 'superadmin' then ${systemLevel} else coalesce(g.group_level, 0) end)::text as level
       from v_user_groups m left join v_groups g on g.group_uuid = m.group_uuid where m.user_uuid = $1::uuid`,
    [userUuid],
  )
  return Number(row?.level ?? 0)
}

/** Nobody changes a user who stands above him (S002-USER-LEVEL). */
export const refuseHigherUser: Inside = async (writer, { key, actor }) => {
  if ((await levelOf(writer.connection, key)) > actor.level)
    throw new Problem('FORBIDDEN', { message: 'This user is above the level of your API key' })
}

/** Superadmins are never deleted over the API, whoever asks (S002-USER-DELETE). */
export const refuseSuperadmin: Inside = async (writer, { key }) => {
  if ((await levelOf(writer.connection, key)) >= systemLevel)
    throw new Problem('FORBIDDEN', { message: 'Superadmin users cannot be deleted' })
}

/** The groups of these names that a tenant can use: its own before the system's. */
const findGroups = (connection: Queryable, domainUuid: string, names: readonly string[]) =>
  connection.query<{ group_uuid: string; group_name: string; group_level: string | null }>(
    `select distinct on (group_name) group_uuid, group_name, group_level::text
       from v_groups where group_name = any($2::text[]) and (domain_uuid = $1::uuid or domain_uuid is null)
      order by group_name, domain_uuid nulls last, group_uuid`,
    [domainUuid, names],
  )

/** Makes the user's groups those that were sent, by name and UUID as FusionPBX stores both (facts 11, S002-USER-GROUPS). */
export const setGroups: Inside = async (writer, { key, given, domain, actor }) => {
  if (given.groups === undefined) return
  const names = [...new Set(given.groups ?? [])]
  const groups = await findGroups(writer.connection, domain.uuid, names)
  const unknown = names.filter((name) => !groups.some((group) => group.group_name === name))
  if (unknown.length > 0) throw invalidField('groups', 'Groups', `holds an unknown group: ${unknown.join(', ')}`)
  const member = await writer.select('v_user_groups', { user_uuid: key })
  const added = groups.filter((group) => !member.some((row) => row.group_name === group.group_name))
  if (
    added.some(
      (group) => (group.group_name === 'superadmin' ? systemLevel : Number(group.group_level ?? 0)) > actor.level,
    )
  )
    throw new Problem('FORBIDDEN', { message: 'Your API key cannot put users into this group', field: 'groups' })
  for (const row of member)
    if (!names.includes(String(row.group_name)))
      await writer.remove('v_user_groups', { user_group_uuid: row.user_group_uuid })
  await writer.insert(
    'v_user_groups',
    added.map(({ group_name, group_uuid }) => ({
      user_group_uuid: randomUUID(),
      domain_uuid: domain.uuid,
      group_name,
      group_uuid,
      user_uuid: key,
    })),
  )
}
