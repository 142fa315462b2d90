import assert from 'node:assert/strict'
import { type Audit, type Capture, formsUser, type JsonRow, type RowChange } from './capture.ts'
import type { Difference } from './fidelity.ts'
import type { World } from './world.ts'

export const auditRows = (world: World): Promise<(Audit & JsonRow)[]> =>
  world.app.sql<Audit & JsonRow>('select * from v_database_transactions order by transaction_date')

type Tables = Record<string, JsonRow[]>
const tablesOf = (text: string | null): Tables => (text === null ? {} : JSON.parse(text))

/** Names of tables with rows in one half of the audits. */
const filled = (audits: readonly Audit[], half: 'transaction_old' | 'transaction_new'): string =>
  [
    ...new Set(
      audits.flatMap((audit) =>
        Object.entries(tablesOf(audit[half])).flatMap(([table, rows]) => (rows.length > 0 ? [table] : [])),
      ),
    ),
  ]
    .sort()
    .join(', ') || 'none'

export const isSecret = /password|secret|api_key|device_setting_value/
const secretsOf = (audit: Audit): unknown[] =>
  [audit.transaction_old, audit.transaction_new].flatMap((text) =>
    Object.values(tablesOf(text)).flatMap((rows) =>
      rows.flatMap((row) =>
        Object.entries(row).flatMap(([column, value]) => (isSecret.test(column) && value ? [value] : [])),
      ),
    ),
  )

/** Compares what the audit says of a form: who, which application, which tables, and whether it tells secrets. */
export function compareAudits(capture: Capture, ours: readonly Audit[]): Difference[] {
  const theirs = capture.audit
  if (!theirs) return []
  const say = (column: keyof Audit, value: string | null): string => {
    if (value === null) return 'NULL'
    if (column === 'transaction_date') return 'now'
    return column === 'user_uuid' && value === formsUser ? 'the user who is logged in' : value
  }
  const values = (audits: readonly Audit[], column: keyof Audit) =>
    [...new Set(audits.map((audit) => say(column, audit[column])))].join(', ')
  const differences: Difference[] = []
  const compare = (what: string, fusionpbx: string, tandem: string) => {
    if (fusionpbx !== tandem) differences.push({ what: `audit.${what}`, fusionpbx, tandem })
  }
  const rows = (audits: readonly Audit[]) => `${audits.length} row${audits.length === 1 ? '' : 's'}`
  compare('rows', rows(theirs), rows(ours))
  if (theirs.length === 0 || ours.length === 0) return differences
  const columns = ['user_uuid', 'app_name', 'transaction_code', 'transaction_type', 'transaction_date'] as const
  for (const column of columns) compare(column, values(theirs, column), values(ours, column))
  // The UUID of an application says nothing that its name does not.
  if (values(theirs, 'app_name') === values(ours, 'app_name'))
    compare('app_uuid', values(theirs, 'app_uuid'), values(ours, 'app_uuid'))
  for (const half of ['transaction_old', 'transaction_new'] as const)
    compare(half, filled(theirs, half), filled(ours, half))
  const inClear = (audits: readonly Audit[]) =>
    audits.flatMap(secretsOf).some((value) => value !== '********') ? 'in clear' : 'masked'
  if (theirs.flatMap(secretsOf).length > 0) compare('secrets', inClear(theirs), 'masked')
  return differences
}

/** What any audit row of Tandem's holds, whatever FusionPBX's does. */
export function checkAudits(
  audits: readonly Audit[],
  changes: readonly RowChange[],
  { keys, secrets }: { keys: ReadonlyMap<string, string>; secrets: readonly string[] },
): void {
  assert.equal(audits.length, changes.length > 0 ? 1 : 0)
  const [audit] = audits
  if (!audit) return
  assert.equal(audit.transaction_address, '127.0.0.1')
  assert.deepEqual(Object.keys(JSON.parse(audit.transaction_result ?? '{}')).slice(0, 3), ['message', 'code', 'uuid'])
  assert.ok(Math.abs(Date.now() - Date.parse(audit.transaction_date ?? '')) < 60_000, 'the audit row is dated')
  for (const value of secretsOf(audit)) assert.equal(value, '********')
  const whole = `${audit.transaction_old}${audit.transaction_new}${audit.transaction_result}`
  for (const secret of secrets) assert.ok(!whole.includes(secret), `the audit row tells ${secret}`)
  const [old, fresh] = [tablesOf(audit.transaction_old), tablesOf(audit.transaction_new)]
  for (const change of changes) {
    const name = change.table.replace(/^v_/, '')
    const key = keys.get(change.table) ?? ''
    const rows = (change.op === 'delete' ? old : fresh)[name] ?? []
    assert.ok(rows.length > 0, `the audit row does not speak of ${change.op} in ${name}`)
    if (change.op === 'update') {
      const changed = Object.keys(change.after ?? {}).filter(
        (column) => !column.startsWith('update_') && change.after?.[column] !== change.before?.[column],
      )
      for (const column of changed)
        for (const half of [old, fresh])
          assert.ok(
            (half[name] ?? []).some((row) => column in row),
            `the audit row does not show ${name}.${column}`,
          )
    } else {
      const uuid = (change.before ?? change.after)?.[key]
      assert.ok(
        rows.some((row) => row[key] === uuid),
        `the audit row does not name the row of ${name}`,
      )
    }
  }
}
