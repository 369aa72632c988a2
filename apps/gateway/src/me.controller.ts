import { Controller, Get } from '@nestjs/common';
import { AnyScope, InternalClaims, type InternalTokenClaims } from 'nestjs-internal-token';

@Controller()
export class MeController {
  @Get('me')
  @AnyScope()
  me(@InternalClaims() claims: InternalTokenClaims): InternalTokenClaims {
    return claims;
  }
}
