// The pages are tested as they are written now, not as they were built at some time.
export default async function buildPage() {
  await import('../../scripts/build-page.mjs');
}
