import { environmentName, settingKeys, settingOf } from '../config/settings.ts'
import { errorCatalogue } from '../errors.ts'
import type { Field } from '../fields/field.ts'
import type { Resource } from '../resources/core/define.ts'
import { resources } from '../resources/registry.ts'

const heading = (title: string, lead: string): string =>
  `<!-- Made by npm run reference. Change the code it is made from, not this page. -->\n# ${title}\n\n${lead}\n`

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')

const table = (columns: readonly string[], rows: readonly (readonly string[])[]): string =>
  [columns, columns.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n')

const errorsPage = (): string =>
  `${heading('Errors', 'Every error that Tandem answers, in every dialect. Codes and statuses are stable; messages may grow clearer.')}
${table(
  ['code', 'status', 'message'],
  Object.entries(errorCatalogue).map(([code, { status, message }]) => [`\`${code}\``, String(status), message]),
)}
`

const settingsPage = (): string =>
  `${heading('Settings', 'Order: environment, the file named by `TANDEM_CONFIG` (YAML or JSON, nested at the dots), what is detected in `/etc/fusionpbx/config.conf`, defaults. `tandem config print` shows what is in force and where it came from.')}
${table(
  ['setting', 'environment', 'default', 'what'],
  settingKeys.map((key) => {
    const setting = settingOf(key)
    const value = JSON.stringify(setting.show(setting.default))
    return [`\`${key}\``, `\`${environmentName(key)}\``, `\`${value}\``, setting.about]
  }),
)}
`

const fieldNotes = (field: Field): string =>
  [
    field.required ? 'required' : '',
    field.role === 'input' ? 'write only' : '',
    field.writable === 'never' || field.role === 'computed' ? 'read only' : '',
    field.secret ? `secret (${field.secret})` : '',
    field.filter ? 'filter' : '',
  ]
    .filter((note) => note !== '')
    .join(', ')

const resourceSection = (resource: Resource): string => `## ${resource.name}

${resource.about} Table \`${resource.table}\`, key \`${resource.key}\`, scope ${resource.scope}.

${table(
  ['field', 'kind', 'notes', 'what'],
  Object.entries(resource.fields).map(([name, field]) => [
    `\`${name}\``,
    field.kind.name,
    fieldNotes(field),
    field.about ?? '',
  ]),
)}
${(resource.children ?? [])
  .map(
    (child) => `
### ${child.names[0]}

${child.about}

${table(
  ['field', 'kind', 'notes', 'what'],
  Object.entries(child.fields).map(([name, field]) => [
    `\`${name}\``,
    field.kind.name,
    fieldNotes(field),
    field.about ?? '',
  ]),
)}
`,
  )
  .join('')}`

const resourcesPage = (): string =>
  `${heading('Resources', 'Every resource and its fields, from the declarations in `src/resources`.')}
${resources.map(resourceSection).join('\n')}`

/** The pages of `docs/` that follow from the code, by path. `npm run check` compares them with what is there. */
export const generatedPages = (): Readonly<Record<string, string>> => ({
  'docs/errors.md': errorsPage(),
  'docs/settings.md': settingsPage(),
  'docs/resources.md': resourcesPage(),
})
