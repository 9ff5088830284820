import { defineConfig } from 'drizzle-kit'

// `npm run db:generate` writes the next migration; `npm run check` fails when one is missing.
export default defineConfig({
  dialect: 'sqlite',
  schema: './workers/storage/*schema.ts',
  out: './migrations',
})
