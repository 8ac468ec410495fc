import { queryOptions, type UseQueryResult } from '@tanstack/react-query';
import { api, ApiError, ok } from '../../api/client';

/** What the grains do; the silo counts anew every ten seconds. */
export const grains = queryOptions({
    queryKey: ['silo', 'grains'],
    queryFn: () => ok(api.GET('/v1/silo/grains')),
    refetchInterval: 2000,
});

/** How full its disk is. */
export const storage = queryOptions({
    queryKey: ['silo', 'storage'],
    queryFn: () => ok(api.GET('/v1/silo/storage')),
    refetchInterval: 5000,
});

/** They stay the same while a silo runs. */
export const settings = queryOptions({
    queryKey: ['silo', 'settings'],
    queryFn: () => ok(api.GET('/v1/silo/settings')),
    staleTime: Infinity,
    retry: false,
});

/** Whether the key is not an operator's. */
export const isRefused = ({ error }: UseQueryResult): boolean =>
    error instanceof ApiError && error.code === 'forbidden';
