import { randomBytes } from 'node:crypto'
import { hash } from '@node-rs/bcrypt'
import type { Queryable } from '../../database/database.ts'
import { documented, type Part, type Tenant } from './tenant.ts'

/** Rounds PHP's password_hash takes, as two to this power. */
const bcryptCost = 10

/** A password as a person would not choose it. */
export const newPassword = () => randomBytes(15).toString('base64url')

interface DemoUser {
  uuid: string
  username: string
  firstName: string
  lastName: string
  group: string
  password: string
}

/** UUIDs of the groups the users are put into: FusionPBX's own by name, and two of the tenant's. */
async function groupUuids(connection: Queryable, tenant: Tenant) {
  const rows = await connection.query<{ name: string; uuid: string }>(
    'select group_name as name, group_uuid::text as uuid from v_groups where domain_uuid is null',
  )
  const groups = new Map(rows.map(({ name, uuid }) => [name, uuid]))
  for (const name of ['managers', 'accountants']) groups.set(name, tenant.random.uuid())
  return groups
}

function tenantGroups(tenant: Tenant, groups: ReadonlyMap<string, string>) {
  const descriptions = { managers: 'Manager group', accountants: 'Accounting group' }
  return Object.entries(descriptions).map(([name, description]) => ({
    group_uuid: groups.get(name),
    domain_uuid: tenant.domain.uuid,
    group_name: name,
    group_protected: false,
    // Level of FusionPBX's own group `user`.
    group_level: 30,
    group_description: description,
  }))
}

async function userRows(tenant: Tenant, user: DemoUser, groups: ReadonlyMap<string, string>): Promise<Part> {
  const { domain, random, now } = tenant
  const email = `${user.username}@${domain.name}`
  const contactUuid = random.uuid()
  const setting = (subcategory: string, name: string, value: string) => ({
    user_setting_uuid: random.uuid(),
    user_uuid: user.uuid,
    domain_uuid: domain.uuid,
    user_setting_category: 'domain',
    user_setting_subcategory: subcategory,
    user_setting_name: name,
    user_setting_value: value,
    user_setting_enabled: true,
  })
  return [
    ['v_user_settings', [setting('language', 'code', 'en-us'), setting('time_zone', 'name', 'America/New_York')]],
    [
      'v_user_groups',
      [
        {
          user_group_uuid: random.uuid(),
          domain_uuid: domain.uuid,
          group_name: user.group,
          group_uuid: groups.get(user.group),
          user_uuid: user.uuid,
        },
      ],
    ],
    [
      'v_contacts',
      [
        {
          contact_uuid: contactUuid,
          domain_uuid: domain.uuid,
          contact_type: 'user',
          contact_organization: tenant.companyName,
          contact_name_given: user.firstName,
          contact_name_family: user.lastName,
          contact_nickname: user.username,
        },
      ],
    ],
    [
      'v_contact_emails',
      [
        {
          contact_email_uuid: random.uuid(),
          domain_uuid: domain.uuid,
          contact_uuid: contactUuid,
          // A boolean in 5.6 and a number in 5.4, both of which read 1.
          email_primary: 1,
          email_address: email,
        },
      ],
    ],
    [
      'v_users',
      [
        {
          user_uuid: user.uuid,
          domain_uuid: domain.uuid,
          contact_uuid: contactUuid,
          username: user.username,
          password: await hash(user.password, { cost: bcryptCost, version: '2y' }),
          user_email: email,
          user_type: 'default',
          user_enabled: true,
          add_user: 'admin',
          // A text in this form, not a timestamp.
          add_date: `${now.toISOString().slice(0, 19).replace('T', ' ')}.000000+0000`,
        },
      ],
    ],
  ]
}

/** The administrator, two users and the groups they are in; the first extension belongs to john. */
export async function peopleRows(connection: Queryable, tenant: Tenant, adminPassword: string): Promise<Part> {
  const { domain, extensions, random } = tenant
  const groups = await groupUuids(connection, tenant)
  const users: DemoUser[] = [
    {
      uuid: random.uuid(),
      username: 'admin',
      firstName: 'Demo',
      lastName: 'Administrator',
      group: 'superadmin',
      password: adminPassword,
    },
    {
      uuid: documented.john,
      username: 'john',
      firstName: 'John',
      lastName: 'Doe',
      group: 'user',
      password: newPassword(),
    },
    {
      uuid: documented.jdoe,
      username: 'jdoe',
      firstName: 'Jane',
      lastName: 'Doe',
      group: 'managers',
      password: newPassword(),
    },
  ]
  const parts = await Promise.all(users.map((user) => userRows(tenant, user, groups)))
  const link = {
    extension_user_uuid: random.uuid(),
    domain_uuid: domain.uuid,
    extension_uuid: extensions[0]?.uuid,
    user_uuid: documented.john,
  }
  return [['v_groups', tenantGroups(tenant, groups)], ...parts.flat(), ['v_extension_users', [link]]]
}
