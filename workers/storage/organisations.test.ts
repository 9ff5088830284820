// The secret columns of organisation tables are marked, so that they reach neither answers nor the audit
// trail.
import { getTableColumns } from 'drizzle-orm'
import { expect, it } from 'vitest'
import { withoutSecrets } from '../../core/change/redaction.ts'
import { apiTokens, members, organisations, projects } from './organisation-schema.ts'
import { OrganisationRow } from './organisations.ts'
import { environments } from './schema.ts'

it.each(Object.entries({ apiTokens, environments, members, organisations, projects }))(
  'rows of %s lose their secrets, and nothing else',
  (_, table) => {
    const columns = Object.keys(getTableColumns(table))
    const row = Object.fromEntries(columns.map((name) => [name, name]))
    const visible = columns.filter((name) => !/sha256|hash|secret|password/i.test(name))
    expect(Object.keys(withoutSecrets(row, OrganisationRow))).toEqual(visible)
  },
)
