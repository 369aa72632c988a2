import { PortError } from '@app/contracts';
import { type ArgumentsHost, Catch, type ExceptionFilter } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { currentStore } from 'nestjs-internal-token';

/** Between our own processes an error keeps its detail, whatever its status: the caller decides what others may see. */
@Catch(PortError)
export class PortErrorFilter implements ExceptionFilter<PortError> {
  constructor(private readonly host: HttpAdapterHost) {}

  catch(error: PortError, host: ArgumentsHost): void {
    const { httpAdapter } = this.host;
    const response: unknown = host.switchToHttp().getResponse();
    currentStore()?.span?.fail(error);
    httpAdapter.setHeader(response, 'Content-Type', 'application/problem+json');
    httpAdapter.setHeader(response, 'Cache-Control', 'no-store');
    httpAdapter.reply(response, error.toJSON(), error.status);
  }
}
