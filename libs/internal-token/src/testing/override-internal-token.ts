import { Injectable } from '@nestjs/common';
import { InternalTokenGuard, RequestPipeline, RequestRecord, ServicePipeline } from '../nest/index.js';
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
  builder.overrideProvider(ServicePipeline).useValue(new OpenPipeline(claims));
  builder.overrideProvider(InternalTokenGuard).useClass(OpenGuard);
  return builder;
}

/** The hook keeps it in a gateway too. */
class OpenPipeline extends RequestPipeline {
  readonly #tokens = new TestTokenIssuer();

  constructor(private readonly claims: TestTokenInput) {
    super();
  }

  override open(...of: ConstructorParameters<typeof RequestRecord>): RequestRecord {
    return new RequestRecord(...of);
  }

  override run(request: RequestRecord): void {
    request.claims = this.#tokens.claims({ ...this.claims, tokenId: request.txn });
  }

  /** Only a request that cannot be read gets here. */
  override refuse({ response }: RequestRecord): void {
    response.writeHead(400).end();
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
