/** Checks that a target does its job before it is measured: one that did less would look cheaper. */
export async function proveJob(contestant, part, source, identity) {
  const { job = 'everything' } = contestant.target;
  const isGateway = part.token === 'access';
  // Behind gateways the bare service says what arrived.
  const path = isGateway ? '/echo' : part.load.path;
  await contestant.ready(path, () => source.fields());

  if (job !== 'forwards') {
    const { status } = await contestant.ask(path, source.fields({ forged: true }));
    if (status !== 401) throw new Error(`${contestant.name} answers a forged token with ${status}`);
  }
  if (isGateway && job === 'everything') {
    const response = await contestant.ask(path, source.fields());
    const { authorization, 'txn-token': token } = await response.json();
    if (authorization !== undefined) throw new Error(`${contestant.name} passes the access token on`);
    await identity.checkMinted(token);
  }
}
