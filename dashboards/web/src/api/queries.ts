import { queryOptions } from '@tanstack/react-query';
import { cut, visible } from '../text/untrusted';
import { api, ok } from './client';

const symbolMax = 20;

/** Which market this is. It stays the same while a silo runs. */
export const info = queryOptions({
    queryKey: ['info'],
    queryFn: () => ok(api.GET('/v1/info')),
    staleTime: Infinity,
});

export const settlement = queryOptions({
    queryKey: ['settlement'],
    queryFn: () => ok(api.GET('/v1/settlement')),
    refetchInterval: 10_000,
});

/** The token that amounts are written in; null in a market without a chain. */
export const settlementToken = queryOptions({
    queryKey: ['token'],
    queryFn: async () => {
        const { chain } = await ok(api.GET('/v1/info'));
        const token = chain === undefined ? undefined : (await ok(api.GET('/v1/settlement'))).token;
        // Who made the token chose its symbol.
        return token === undefined ? null : { ...token, symbol: visible(cut(token.symbol, symbolMax).shown) };
    },
    staleTime: Infinity,
});

export const market = queryOptions({
    queryKey: ['market'],
    queryFn: () => ok(api.GET('/v1/market')),
    refetchInterval: 2000,
});

export const account = queryOptions({
    queryKey: ['account'],
    queryFn: () => ok(api.GET('/v1/account')),
    refetchInterval: 5000,
});

export const books = queryOptions({
    queryKey: ['books'],
    queryFn: () => ok(api.GET('/v1/books')),
    refetchInterval: 10_000,
});

export const job = (id: string) =>
    queryOptions({
        queryKey: ['job', id],
        queryFn: () => ok(api.GET('/v1/jobs/{job}', { params: { path: { job: id } } })),
        refetchInterval: (query) => (query.state.data !== undefined && hasEnded(query.state.data.state) ? false : 1000),
    });

const ended = new Set(['completed', 'failed', 'cancelled', 'timed_out', 'expired']);

export const hasEnded = (state: string): boolean => ended.has(state);
