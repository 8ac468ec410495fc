using Marketplace.Verify.Idempotency;
using Marketplace.Verify.SlowReaders;

namespace Marketplace.Verify;

/// <summary>Checks that need the embedded host: they run the market under simulated time.</summary>
internal static class HostChecks
{
    public static readonly CheckList All = new()
    {
        ["slowreaders"] = (
            "clients who read slowly and idle event streams; memory and other clients' latency are measured [--readers N] [--streams N] "
                + "[--seconds N] [--jobs N] [--slowdown N, 0: not judged]",
            SlowReadersCheck.Run
        ),
        ["replay"] = ("the simulated market, again and again with one seed; one trace [--seed S] [--times N] [--jobs N]", ReplayCheck.Run),
        ["twins"] = (
            "two activations of every grain at once; no effect twice [--n N] [--seed S] [--operations N] [--without etag]",
            TwinsCheck.Run
        ),
        ["ledger"] = (
            "random money operations with crashes; the sum is taken after each durable event [--n N] [--accounts N] [--seed S]",
            LedgerCheck.Run
        ),
        ["idempotency"] = (
            "each grain method and each changing request, ten times in every manner; one effect [--seed S]",
            IdempotencyCheck.Run
        ),
    };
}
