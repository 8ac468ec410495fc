using Marketplace.Crypto;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// Names all that the result of a run depends on, for programs that <see cref="ReuseRules.CheckNew"/> lets through: these see neither the
/// job's id nor its moment and keep no state. Not in it are limits that a completed run has kept: fuel, which is compared, and time.
/// </summary>
internal static class ReuseKey
{
    private static readonly Blake3Domain AnybodysDomain = new("marketplace 2026 reuse of committee's results v1");
    private static readonly Blake3Domain OwnDomain = new("marketplace 2026 reuse of own results v1");

    /// <summary>That of results which answer every account's jobs.</summary>
    /// <param name="spec">What is asked for.</param>
    /// <param name="module">What is run.</param>
    /// <param name="profile">The rules by which it is run.</param>
    public static Bytes32 Anybodys(JobSpec spec, BlobId module, Bytes32 profile)
    {
        var writer = new CompactWriter();
        Write(writer, spec, module, profile);
        return AnybodysDomain.Hash(writer.Written);
    }

    /// <summary>
    /// That of results which answer the account's own jobs only, where these need the same of their workers: those that ran the earlier
    /// one had it.
    /// </summary>
    /// <inheritdoc cref="Anybodys"/>
    public static Bytes32 Own(AccountId account, JobSpec spec, BlobId module, Bytes32 profile)
    {
        var writer = new CompactWriter();
        writer.Id(account.Value);
        writer.Flag(spec.Needs is not null);
        if (spec.Needs is { } needs)
        {
            JobNeedsCodec.Write(writer, needs);
        }
        Write(writer, spec, module, profile);
        return OwnDomain.Hash(writer.Written);
    }

    private static void Write(CompactWriter writer, JobSpec spec, BlobId module, Bytes32 profile)
    {
        writer.Id(profile);
        writer.Id(spec.Program.Value);
        writer.Id(module.Value);
        writer.OptionalText(spec.EntryPoint);
        writer.Id(JobExecutions.InputOf(spec).Value);
        writer.Count(spec.MemoryPagesMax);
        writer.Count(spec.Arguments.Length);
        foreach (var argument in spec.Arguments)
        {
            writer.Text(argument);
        }
        JobSpecCodec.WriteMore(writer, spec);
    }
}
