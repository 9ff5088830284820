// Whether real ClickHouse (chdb, an optional dependency) is there. Tests that count events skip without it;
// with TACKLINE_CHDB=required, as in `.ci/run`, they run and fail instead.
export const hasChdb = await import('chdb').then(
  () => true,
  () => process.env['TACKLINE_CHDB'] === 'required',
)
