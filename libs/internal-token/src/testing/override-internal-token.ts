import { Injectable } from '@nestjs/common';
import { type AdmissionRequest, InternalTokenGuard, RequestAdmission, TokenAdmission } from '../nest/index.js';
import { type TestTokenInput, TestTokenIssuer } from './test-token-issuer.js';

/** What `Test.createTestingModule()` returns, as far as it is needed here. */
interface TestingModuleBuilder {
  overrideProvider(token: unknown): { useValue(value: unknown): unknown; useClass(type: unknown): unknown };
}

/**
 * Opens every handler of an application under test, in a service and in a gateway, for requests without any token:
 *
 * ```ts
 * const builder = Test.createTestingModule({ imports: [AppModule] });
 * overrideInternalToken(builder, { userId: 'alice', permissions: ['orders:write'] });
 * const app = (await builder.compile()).createNestApplication();
 * ```
 *
 * The guard asks for no scope, permission or caller. `@InternalClaims()` and `InternalTokenContext` have the claims given
 * here; `context.require()` goes by them. A gateway asks for no access token and forwards nothing.
 *
 * @param claims of every request; default: those of {@link TestTokenIssuer}
 * @returns the builder
 */
export function overrideInternalToken<Builder extends TestingModuleBuilder>(
  builder: Builder,
  claims: Omit<TestTokenInput, 'tokenId'> = {},
): Builder {
  const admission = new OpenAdmission(claims);
  builder.overrideProvider(TokenAdmission).useValue(admission);
  // The gateway's; a service has none.
  builder.overrideProvider(RequestAdmission).useValue(admission);
  builder.overrideProvider(InternalTokenGuard).useClass(OpenGuard);
  return builder;
}

class OpenAdmission extends RequestAdmission {
  readonly #tokens = new TestTokenIssuer();

  constructor(private readonly claims: TestTokenInput) {
    super();
  }

  override admit({ store }: AdmissionRequest): boolean {
    store.claims = this.#tokens.claims({ ...this.claims, tokenId: store.txn });
    return true;
  }

  /** To the gateway: the request is not of a route that it has chosen. */
  isInternal(): boolean {
    return true;
  }
}

@Injectable()
class OpenGuard extends InternalTokenGuard {
  protected override checkMessage(): true {
    return true;
  }
  protected override checkCaller(): void {}
  protected override checkPrincipal(): void {}
  protected override checkScope(): void {}
  protected override checkPermissions(): void {}
  protected override checkReplay(): undefined {}
}
