// Who sees the status page.

/** Variables of the Worker that serves control. */
export interface StatusVariables {
  /** `public`, `token`, or empty: there is no page. */
  readonly STATUS_PAGE?: string
  /** A secret: what callers send as bearer, or as the password of HTTP's basic authentication. */
  readonly STATUS_TOKEN?: string
}
