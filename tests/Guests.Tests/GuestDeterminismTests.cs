using Marketplace.Engine.Guests;
using Marketplace.Engine.Guests.Onvm;
using Marketplace.Engine.Guests.Wasi;

namespace Marketplace.Guests.Tests;

/// <summary>What a program imports says whether truthful runs of one input can differ.</summary>
public sealed class GuestDeterminismTests
{
    [Fact]
    public void OnlyBlobsByName_MakeAProgramNondeterministic()
    {
        var varying = WasiImports.All.Concat(OnvmImports.All).Select(call => $"{call.Module}.{call.Name}").Where(IsVarying);

        Assert.Equal(["env.onvm_blob_exists", "env.onvm_blob_len", "env.onvm_blob_hash", "env.onvm_blob_read"], varying);
    }

    /// <summary>A new need of the host must be judged: what is not known to be fixed by the invocation counts as varying.</summary>
    [Fact]
    public void EveryNeedOfTheHost_IsEitherFixedByTheInvocationOrVaries()
    {
        var calls = WasiImports.All.Concat(OnvmImports.All).ToArray();
        foreach (var need in Enum.GetValues<HostNeeds>().Where(need => need != HostNeeds.None))
        {
            var having = calls.Where(call => (call.Needs & need) != 0).ToArray();
            Assert.NotEmpty(having);
            Assert.All(having, call => Assert.Equal(need == HostNeeds.Blobs, IsVarying($"{call.Module}.{call.Name}")));
        }
    }

    [Theory]
    [InlineData("echo")]
    [InlineData("kvstore")]
    public void Samples_AreDeterministic(string sample)
    {
        var report = ModuleReport.Of(Guest.Sample(sample));

        Assert.Equal((true, null), (report.Deterministic, report.Nondeterminism));
    }

    /// <summary>The claim behind the rule: the same invocation, before and after the payer removed a blob that it does not name.</summary>
    [Fact]
    public void ProgramThatAsksForABlob_GivesAnotherResultWhenTheBlobIsGone()
    {
        const uint Id = Probe.Scratch;
        var blobs = new MapBlobs();
        var digits = System.Text.Encoding.ASCII.GetBytes(blobs.Add("the blob"u8.ToArray()).Value.ToString());

        var before = Ask(blobs);
        var after = Ask(new MapBlobs());

        Assert.NotEqual(before, after);
        var report = ModuleReport.Of(Guest.Fixture("probe"));
        Assert.False(report.Deterministic);
        Assert.Contains("env.onvm_blob_", report.Nondeterminism, StringComparison.Ordinal);

        long Ask(MapBlobs kept) =>
            new Probe().Poke(Id, digits).Call("onvm_blob_len", Id, 64).OnvmAnswers(Guest.Invocation() with { Blobs = kept })[0].Result;
    }

    /// <summary>What shows a program more of its job than its client chose: in a table that grows, each new function is judged.</summary>
    [Fact]
    public void OnlyClocksRandomnessAndBlobs_KeepAJobFromBeingAnsweredByAnother()
    {
        var shown = WasiImports
            .All.Concat(OnvmImports.All)
            .Where(call => GuestDeterminism.ReasonAgainstReuse([$"{call.Module}.{call.Name}"]) is not null)
            .Select(call => call.Name)
            .Distinct()
            .Order(StringComparer.Ordinal);

        Assert.Equal(
            [
                "clock_time_get",
                "fd_filestat_get",
                "onvm_blob_exists",
                "onvm_blob_hash",
                "onvm_blob_len",
                "onvm_blob_read",
                "onvm_now_ms",
                "onvm_random_bytes",
                "path_filestat_get",
                "poll_oneoff",
                "random_get",
            ],
            shown
        );
    }

    /// <summary>The claim behind the rule: another job with the same input, at another moment.</summary>
    [Theory]
    [InlineData("echo", "hello")]
    [InlineData("wordcount", "one two two")]
    [InlineData("primes", "1000")]
    public void SampleThatMayBeReused_GivesTheSameToEveryJob(string sample, string input)
    {
        Assert.Null(GuestDeterminism.ReasonAgainstReuse([.. ModuleReport.Of(Guest.Sample(sample)).Imports.Select(import => import.Name)]));
        var first = Guest.RunSample(sample, input);
        var second = Guest.RunSample(
            sample,
            Guest.Invocation(input) with
            {
                Now = DateTimeOffset.UnixEpoch.AddYears(60),
                Seed = new Bytes32([.. Enumerable.Repeat((byte)7, 32)]),
            }
        );

        Assert.Equal((first.Outcome, first.FuelUsed), (second.Outcome, second.FuelUsed));
        Assert.Equal(first.Output.ToArray(), second.Output.ToArray());
    }

    [Fact]
    public void NoProgram_IsNeither()
    {
        var report = ModuleReport.Of("no module"u8.ToArray());

        Assert.Equal((null, null), (report.Deterministic, report.Nondeterminism));
    }

    private static bool IsVarying(string import) => GuestDeterminism.ReasonAgainst([import]) is not null;
}
