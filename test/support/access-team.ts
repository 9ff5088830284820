// Simulates the key server of a Cloudflare Access team for tests in workerd: all requests that leave workerd
// arrive here. A test makes the keys and chooses which ones are served.
import { Response } from 'miniflare'

export const accessTeam = { ACCESS_TEAM_DOMAIN: 'team.cloudflareaccess.com', ACCESS_AUDIENCE: 'the-console' }

let served: string | undefined

export async function outside(request: { url: string; method: string; text(): Promise<string> }) {
  const { hostname, pathname } = new URL(request.url)
  if (hostname !== accessTeam.ACCESS_TEAM_DOMAIN || pathname !== '/cdn-cgi/access/certs')
    return new Response('there is nothing outside', { status: 502 })
  if (request.method === 'PUT') served = await request.text()
  return served === undefined
    ? new Response('no keys yet', { status: 503 })
    : new Response(served, { headers: { 'content-type': 'application/json' } })
}
