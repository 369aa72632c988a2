// CommonJS Nest satellites require() Nest's ESM-only packages: load those first, or jest sees a cycle.
import 'reflect-metadata';
import '@nestjs/common';
import '@nestjs/core';
