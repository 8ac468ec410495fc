using System.Globalization;
using System.Text;
using System.Text.Json;
using Marketplace.Engine.Guests;

namespace Marketplace.Guests.Tests;

public sealed class SampleProgramTests
{
    [Theory]
    [InlineData("hello marketplace", "HELLO MARKETPLACE")]
    [InlineData("", "")]
    [InlineData("[a-z] {|}~ `@ grün €", "[A-Z] {|}~ `@ GRüN €")]
    public void Echo_GivesItsInputBackInCapitals(string input, string output) =>
        Assert.Equal(output, Guest.RunSample("echo", input).MustEndAs(GuestOutcome.Completed).OutputText());

    [Fact]
    public void Echo_TakesMoreThanItsBuffer()
    {
        var input = string.Concat(Enumerable.Range(0, 20_000).Select(i => $"line {i}\n"));
        Assert.Equal(input.ToUpperInvariant(), Guest.RunSample("echo", input).MustEndAs(GuestOutcome.Completed).OutputText());
    }

    [Theory]
    [InlineData("", 0, 0, 0)]
    [InlineData("one", 0, 1, 3)]
    [InlineData("one two\n\tthree  \n\n", 3, 3, 18)]
    public void Wordcount_CountsAsWcDoes(string input, int lines, int words, int bytes) =>
        Assert.Equal(
            $"lines {lines}\nwords {words}\nbytes {bytes}\n",
            Guest.RunSample("wordcount", input).MustEndAs(GuestOutcome.Completed).OutputText()
        );

    [Fact]
    public void Catalog_ReadsItsFilesAndLeavesTwo()
    {
        GuestFile[] files = [new("/in/b.txt", "one\ntwo\n"u8.ToArray()), new("/in/sub/a", "three"u8.ToArray())];
        var result = Guest.RunSample("catalog", Guest.Invocation() with { Files = files }).MustEndAs(GuestOutcome.Completed);
        Assert.Equal("2 files\n", result.OutputText());
        Assert.Equal(["index.txt", "text/all.txt"], result.Files.Select(file => file.Path));
        Assert.Equal("b.txt 8 2\nsub/a 5 0\n", Encoding.UTF8.GetString(result.Files[0].Content.Span));
        Assert.Equal("one\ntwo\nthree", Encoding.UTF8.GetString(result.Files[1].Content.Span));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("2", 0)]
    [InlineData("3", 1)]
    [InlineData("32769", 3512)]
    [InlineData("1000000\n", 78498)]
    public void Primes_CountsThePrimesBelowItsInput(string input, int count) =>
        Assert.Equal(
            count.ToString(CultureInfo.InvariantCulture) + "\n",
            Guest.RunSample("primes", input).MustEndAs(GuestOutcome.Completed).OutputText()
        );

    [Theory]
    [InlineData("", "empty")]
    [InlineData("12x", "not a number")]
    [InlineData("4294967297", "too large")]
    [InlineData("00000000000000000000000000000000000000000", "too long")]
    public void Primes_RefusesWhatIsNoNumberInItsRange(string input, string complaint)
    {
        var result = Guest.RunSample("primes", input).MustEndAs(GuestOutcome.Failed);
        Assert.Equal(2, result.ExitCode);
        Assert.Contains(complaint, result.LogText());
    }

    [Fact]
    public void Primes_BurnsFuelInProportion()
    {
        var small = Guest.RunSample("primes", "1000000").FuelUsed;
        var large = Guest.RunSample("primes", "2000000").FuelUsed;
        Assert.InRange((double)large / small, 1.6, 2.6);
    }

    [Fact]
    public void Kvstore_IsAnOnvmProgramThatUsesState()
    {
        using var program = GuestProgram.Load(Guest.Sample("kvstore"));
        Assert.Equal(GuestAbi.Onvm, program.Info.Abi);
        Assert.Equal(["onvm_main"], program.Info.EntryPoints);
        Assert.True(program.Info.UsesState);
    }

    [Fact]
    public void Kvstore_KeepsListsAndClearsValues()
    {
        var state = new MapState();
        Assert.Equal(
            "okput",
            Ask(
                    state,
                    new
                    {
                        op = "put",
                        key = "b",
                        data_base64 = Base64("two"),
                    }
                )
                .GetProperty("status")
                .GetString()
        );
        Assert.Equal(
            "okput",
            Ask(
                    state,
                    new
                    {
                        op = "put",
                        key = "a\"\n€",
                        data_base64 = "",
                    }
                )
                .GetProperty("status")
                .GetString()
        );
        var got = Ask(state, new { op = "get", key = "b" });
        Assert.Equal("okget", got.GetProperty("status").GetString());
        Assert.Equal(Base64("two"), got.GetProperty("data_base64").GetString());
        Assert.Equal(3, got.GetProperty("size").GetInt32());
        var listed = Ask(state, new { op = "list" }).GetProperty("entries");
        Assert.Equal(["a\"\n€", "b"], listed.EnumerateArray().Select(entry => entry.GetProperty("key").GetString()!));
        Assert.Equal(2, Ask(state, new { op = "stats" }).GetProperty("total_keys").GetInt32());
        Assert.Equal(2, Ask(state, new { op = "clear" }).GetProperty("removed").GetInt32());
        Assert.Equal(0, Ask(state, new { op = "stats" }).GetProperty("total_keys").GetInt32());
        Assert.Equal("missing key", Ask(state, new { op = "get", key = "b" }).GetProperty("message").GetString());
    }

    [Fact]
    public void Kvstore_ChecksumIsBlake3OfTheValue()
    {
        // The value for 2,049 bytes, where byte i = i mod 251, of
        // https://github.com/BLAKE3-team/BLAKE3/blob/master/test_vectors/test_vectors.json
        var value = Enumerable.Range(0, 2049).Select(i => (byte)(i % 251)).ToArray();
        var reply = Ask(
            new MapState(),
            new
            {
                op = "put",
                key = "k",
                data_base64 = Convert.ToBase64String(value),
            }
        );
        Assert.Equal("5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030", reply.GetProperty("checksum").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"op":"get"}""")]
    [InlineData("""{"op":"nothing"}""")]
    [InlineData("""{"op":"list"} x""")]
    [InlineData("""{"op":"put","key":"k","data_base64":"QR=="}""")]
    public void Kvstore_AnswersBadRequestsWithAnErrorAndWritesNothing(string request)
    {
        var result = Guest.RunSample("kvstore", request).MustEndAs(GuestOutcome.Completed);
        Assert.Equal("err", JsonDocument.Parse(result.Output).RootElement.GetProperty("status").GetString());
        Assert.Empty(result.StateWrites);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static JsonElement Ask(MapState state, object request)
    {
        var result = Guest.RunSample("kvstore", Guest.Invocation(JsonSerializer.SerializeToUtf8Bytes(request)) with { State = state });
        state.Apply(result.MustEndAs(GuestOutcome.Completed).StateWrites);
        return JsonDocument.Parse(result.Output).RootElement;
    }
}
