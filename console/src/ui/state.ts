/** How something is: shown by a round mark and a word. */
export type State = 'running' | 'healthy' | 'warning' | 'failed' | 'planned' | 'stopped'
