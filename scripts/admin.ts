// Calls the admin API from scripts and tests. Returns the JSON, or throws with the server's problem.

export interface Admin {
  readonly url: string
  readonly token: string
}

export async function call<T>(
  { url, token }: Admin,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body?: unknown,
  comment?: string,
): Promise<T> {
  const response = await fetch(`${url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      ...(comment !== undefined && { 'x-comment': encodeURIComponent(comment) }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (response.ok) return JSON.parse(text) as T
  throw new Error(`${method} ${path}: ${response.status} ${text}`)
}
