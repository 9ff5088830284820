// The cost of a request without a decision: a Hono route for each measured case, which sends prepared bytes.
import { Hono } from 'hono'

let bytes = ''
const json = { 'content-type': 'application/json' }

const app = new Hono()
app.put('/bytes', async (c) => {
  bytes = await c.req.text()
  return c.body(null, 204)
})
app.post('/fixed', (c) => c.json({ value: true }))
app.post('/read', async (c) => {
  await c.req.json()
  return c.json({ value: true })
})
app.post('/bytes', (c) => c.body(bytes, 200, json))
app.get('/file', (c) => c.json({ value: true }))

export default app
