import { randomUUID } from 'node:crypto'
import type { Queryable } from '../adapters/database/database.ts'
import { Problem } from '../errors.ts'
import type { Fields } from '../fields/field.ts'
import type { Actor, Resource } from '../resources/core/define.ts'
import type { Backend } from './backend.ts'
import { ownRows, type Reach, reachValues } from './scope.ts'
import { childRows, zoneParameter } from './view.ts'

/** Names of the fields whose stored values can be shown as secrets: a hash is none. */
export const secretFields = (fields: Fields): string[] =>
  Object.entries(fields).flatMap(([name, field]) =>
    field.secret !== undefined && field.shown !== 'never' && field.role !== 'input' ? [name] : [],
  )

/** The secrets of a resource's rows and of the rows inside them, by path: `password`, `voicemail.voicemail_password`. */
export const secretPaths = (resource: Resource): string[] => [
  ...secretFields(resource.fields),
  ...(resource.children ?? []).flatMap((child) =>
    secretFields(child.fields).map((name) => `${child.names[0]}.${name}`),
  ),
  ...Object.entries(resource.embeds ?? {}).flatMap(([embed, { fields }]) =>
    secretFields(fields).map((name) => `${embed}.${name}`),
  ),
]

/** Those that lists show. */
export const listedSecrets = (resource: Resource): string[] =>
  secretFields(resource.fields).filter((name) => resource.fields[name]?.shown === 'list')

/** True when a row of the resource, its children or related rows hold secrets that can be shown. */
export const hasSecrets = (resource: Resource): boolean => secretPaths(resource).length > 0

/** The secrets of one row and of the rows inside it, as JSON text. */
export async function readSecrets(
  backend: Backend,
  resource: Resource,
  query: { reach: Reach; key: string },
): Promise<string> {
  const { columns } = backend
  const pairs = (table: string, alias: string, fields: Fields) =>
    secretFields(fields).flatMap((name) =>
      columns.type(table, name) === undefined ? [] : [`'${name}', ${alias}.${name}`],
    )
  const members = [
    ...pairs(resource.table, 't', resource.fields),
    ...(resource.children ?? []).flatMap((child) => {
      const inner = pairs(child.table, 'e', child.fields)
      if (inner.length === 0) return []
      const names = child.identity.map((name) => `'${name}', e.${name}`)
      return [
        `'${child.names[0]}', (select coalesce(json_agg(json_build_object('${child.key}', e.${child.key}, ${[...names, ...inner].join(', ')})), '[]') from ${child.table} e where ${childRows(resource)})`,
      ]
    }),
    ...Object.entries(resource.embeds ?? {}).flatMap(([name, embed]) => {
      const inner = pairs(embed.table, 'e', embed.fields)
      return inner.length === 0
        ? []
        : [`'${name}', (select json_build_object(${inner.join(', ')}) from ${embed.from('t')})`]
    }),
  ]
  const rows = await backend.database.query<{ item: string }>(
    `select json_build_object('${resource.key}', t.${resource.key}, ${members.join(', ')})::text as item
       from ${resource.table} t where ${ownRows(resource, 't')} and ${zoneParameter} is not null and t.${resource.key} = $3::uuid`,
    [...reachValues(query.reach), query.key],
  )
  const [row] = rows
  if (!row) throw new Problem('NOT_FOUND', { message: `${resource.title} not found` })
  return row.item
}

/** Writes down that a caller was shown the secrets of a row, or of a list when `key` is null (C-08). */
export async function recordSecretsShown(
  connection: Queryable,
  resource: Resource,
  shown: { domainUuid: string | null; key: string | null; actor: Actor },
): Promise<void> {
  await connection.query(
    `insert into tandem.secret_reads (secret_read_uuid, domain_uuid, resource, key, fields, principal, address, request_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      randomUUID(),
      shown.domainUuid,
      resource.name,
      shown.key,
      shown.key === null ? listedSecrets(resource) : secretPaths(resource),
      shown.actor.principal,
      shown.actor.address,
      shown.actor.requestId,
    ],
  )
}
