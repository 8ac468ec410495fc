using Marketplace.Verify.Authz;
using Marketplace.Verify.FuzzNet;
using Marketplace.Verify.HostileRpc;
using Marketplace.Verify.Idempotency;
using Marketplace.Verify.Liars;
using Marketplace.Verify.Published;
using Marketplace.Verify.Settlements;
using Marketplace.Verify.Sim;
using Marketplace.Verify.SlowReaders;

namespace Marketplace.Verify;

/// <summary>Checks that need the embedded host: they run the market under simulated time, or a silo with nothing beside it.</summary>
internal static class HostChecks
{
    public static readonly CheckList All = new()
    {
        ["slowreaders"] = (
            "clients who read slowly and idle event streams; memory and other clients' latency are measured [--readers N] [--streams N] "
                + "[--seconds N] [--jobs N] [--slowdown N, 0: not judged]",
            SlowReadersCheck.Run
        ),
        ["published"] = (
            "the silo with a runtime of its own, beside the built one; needs the packages of the runtime [--root DIR]",
            PublishedCheck.Run
        ),
        ["sim"] = (
            "the simulated market with shards, faults, and remote workers that lie, stall, repeat and vanish [--seeds N] [--seed S] "
                + "[--times N: one seed, one trace] [--jobs N] [--off FAULT,…] [--about ID] [--findings N] "
                + "[--without NAME|all: a seed must find that a safeguard is gone]",
            SimCheck.Run
        ),
        ["liars"] = (
            "three workers in ten lie: wrong results beside what buyers are quoted, slashings and their evidence [--n N, at each level] "
                + "[--seed S] [--level LEVEL,…] [--colluding N] [--lazy N] [--random N] [--owners N: of all liars] "
                + "[--excluded return|leave] [--slots N] [--liar-slots N] [--liar-price N] [--together N] "
                + "[--stall 1] [--without NAME|all: wrong results, or copied ones, must become more]",
            LiarsCheck.Run
        ),
        ["settlements"] = (
            "a real silo settles on a real chain, is killed at each step, and the chain is reorganised; chain and books agree to the unit; "
                + "needs anvil [--seed S] [--rounds N] [--steps all|written] [--confirmations N] [--within SECONDS] "
                + "[--without NAME|all: a run with a silo that lacks a safeguard must find it]",
            SettlementsCheck.Run
        ),
        ["twins"] = (
            "two activations of every grain at once; no effect twice [--n N] [--seed S] [--operations N] [--without etag]",
            TwinsCheck.Run
        ),
        ["ledger"] = (
            "random money operations with crashes; the sum is taken after each durable event [--n N] [--accounts N] [--seed S]",
            LedgerCheck.Run
        ),
        ["authz"] = (
            "every route and call of a worker's link, by those who may not; nothing is learned or changed [--as owner, which must fail]",
            AuthzCheck.Run
        ),
        ["fuzznet"] = (
            "workers' handshakes, frames and requests that are changed, repeated, too large, too slow; each is refused with its reason, "
                + "nothing is changed [--n N] [--seed S] [--slow N]",
            FuzzNetCheck.Run
        ),
        ["hostilerpc"] = (
            "a market on a real EVM whose node lies, or one of three, and whose chain is reorganised: no wrong payment, and an alarm; "
                + "needs anvil [--n LIVES] [--only TEXT] [--without RULE|all]",
            HostileRpcCheck.Run
        ),
        ["idempotency"] = (
            "each grain method and each changing request, ten times in every manner; one effect [--seed S]",
            IdempotencyCheck.Run
        ),
    };
}
