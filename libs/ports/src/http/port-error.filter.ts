import { PortError } from '@app/contracts';
import { Catch } from '@nestjs/common';
import { InternalTokenErrorFilter } from 'nestjs-internal-token';

/** Between our own processes every error keeps its detail: the caller decides what others may see. */
@Catch(PortError)
export class PortErrorFilter extends InternalTokenErrorFilter {
  /** The caller at the other end of a port branches on the code itself. */
  protected override meaningOf(exception: unknown): unknown {
    return exception;
  }

  protected override describe({ code, status, detail }: PortError): ReturnType<InternalTokenErrorFilter['describe']> {
    return { type: 'about:blank', title: code, status, code, detail };
  }
}
