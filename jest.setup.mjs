// CommonJS Nest packages require() Nest's ESM-only packages: load those first, or jest reports a cycle.
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
