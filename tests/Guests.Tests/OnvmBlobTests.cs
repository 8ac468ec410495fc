using System.Text;
using Marketplace.Engine.Guests;
using Marketplace.Testing;

namespace Marketplace.Guests.Tests;

public sealed class OnvmBlobTests
{
    private const uint Id = Probe.Scratch;
    private const uint Out = Probe.Scratch + 0x1000;

    [Fact]
    public void KnownBlob_IsReadByItsDigits()
    {
        var blobs = new MapBlobs();
        var id = blobs.Add("the blob"u8.ToArray());
        var answers = new Probe()
            .Poke(Id, Digits(id))
            .Call("onvm_blob_exists", Id, 64)
            .Call("onvm_blob_len", Id, 64)
            .Call("onvm_blob_read", Id, 64, Out, 8)
            .Peek(Out, 8)
            .Call("onvm_blob_hash", Id, 64, Out)
            .Peek(Out, 32)
            .OnvmAnswers(Guest.Invocation() with { Blobs = blobs });
        Assert.Equal([1L, 8, 8], answers[..3].Select(answer => answer.Result));
        Assert.Equal("the blob", answers[3].Text);
        Assert.Equal(id.Value.ToString(), answers[5].Hex);
    }

    [Fact]
    public void Id_MayBeRawOrSurroundedBySpaces()
    {
        var blobs = new MapBlobs();
        var id = blobs.Add([]);
        var answers = new Probe()
            .Poke(Id, id.Value.ToArray())
            .Poke(Id + 100, [.. " \n"u8, .. Digits(id), (byte)'\t'])
            .Call("onvm_blob_exists", Id, 32)
            .Call("onvm_blob_len", Id + 100, 67)
            .Call("onvm_blob_read", Id + 100, 67, Out, 0)
            .OnvmAnswers(Guest.Invocation() with { Blobs = blobs });
        Assert.Equal([1L, 0, 0], answers.Select(answer => answer.Result));
    }

    [Fact]
    public void UnknownBlob_IsNamedByEachFunctionsOwnCode()
    {
        var answers = new Probe()
            .Poke(Id, Enumerable.Repeat((byte)'a', 64).ToArray())
            .Call("onvm_blob_exists", Id, 64)
            .Call("onvm_blob_len", Id, 64)
            .Call("onvm_blob_hash", Id, 64, Out)
            .Call("onvm_blob_read", Id, 64, Out, 100)
            .OnvmAnswers();
        Assert.Equal([0L, -1, -2, -6], answers.Select(answer => answer.Result));
    }

    [Theory]
    [InlineData("onvm_blob_exists")]
    [InlineData("onvm_blob_len")]
    [InlineData("onvm_blob_hash")]
    [InlineData("onvm_blob_read")]
    public void BadId_IsRefusedWithItsReason(string function)
    {
        var answers = new Probe()
            .Poke(Id, [0xff, 0xff])
            .Poke(Id + 16, "xyz!"u8)
            .Poke(Id + 32, "abc"u8)
            .Poke(Id + 48, "abcd"u8)
            .Call(function, Id, 2, Out, 100)
            .Call(function, Id + 16, 4, Out, 100)
            .Call(function, Id + 32, 3, Out, 100)
            .Call(function, Id + 48, 4, Out, 100)
            .Call(function, Id + 48, 0, Out, 100)
            .OnvmAnswers();
        Assert.Equal([-3L, -4, -4, -5, -5], answers.Select(answer => answer.Result));
    }

    [Fact]
    [TestsBound(typeof(GuestPolicy), nameof(GuestPolicy.BlobIdBytesMax))]
    public void SpacesAroundAnId_AreBoundWithIt()
    {
        var blobs = new MapBlobs();
        var text = new byte[GuestPolicy.BlobIdBytesMax + 1];
        text.AsSpan().Fill((byte)' ');
        Digits(blobs.Add("x"u8.ToArray())).CopyTo(text.AsSpan());
        var answers = new Probe()
            .Poke(Id, text)
            .Call("onvm_blob_exists", Id, text.Length - 1)
            .Call("onvm_blob_exists", Id, text.Length)
            .OnvmAnswers(Guest.Invocation() with { Blobs = blobs });
        Assert.Equal([1L, -5], answers.Select(answer => answer.Result));
    }

    [Fact]
    public void RawId_IsNoIdForReading()
    {
        var blobs = new MapBlobs();
        var id = blobs.Add("x"u8.ToArray());
        var answer = new Probe()
            .Poke(Id, id.Value.ToArray())
            .Call("onvm_blob_read", Id, 32, Out, 100)
            .OnvmAnswers(Guest.Invocation() with { Blobs = blobs })[0];
        Assert.InRange(answer.Result, -5, -3);
    }

    [Fact]
    public void Blob_ThatDoesNotFitIsNotTouched()
    {
        var blobs = new MapBlobs();
        var id = blobs.Add("the blob"u8.ToArray());
        var answers = new Probe()
            .Poke(Id, Digits(id))
            .Call("onvm_blob_read", Id, 64, Out, 7)
            .Peek(Out, 8)
            .OnvmAnswers(Guest.Invocation() with { Blobs = blobs });
        Assert.Equal(-7, answers[0].Result);
        Assert.Equal(0ul, answers[1].U64);
    }

    [Fact]
    [TestsBound(typeof(GuestPolicy), nameof(GuestPolicy.BlobBytesMax))]
    public void LargeBlob_IsKnownAndReadUpToItsLimit()
    {
        // The largest would be read if there were a place for it, so the answer is about the place.
        var blobs = new MapBlobs();
        var largest = blobs.AddUnread(GuestPolicy.BlobBytesMax);
        var tooLarge = blobs.AddUnread(GuestPolicy.BlobBytesMax + 1);
        var answers = new Probe()
            .Poke(Id, Digits(largest))
            .Call("onvm_blob_read", Id, 64, Out, uint.MaxValue)
            .Poke(Id, Digits(tooLarge))
            .Call("onvm_blob_read", Id, 64, Out, uint.MaxValue)
            .Call("onvm_blob_exists", Id, 64)
            .Call("onvm_blob_len", Id, 64)
            .Call("onvm_blob_hash", Id, 64, Out)
            .OnvmAnswers(Guest.Invocation() with { Blobs = blobs });
        Assert.Equal([-8L, -7, 1, GuestPolicy.BlobBytesMax + 1, 0], answers.Select(answer => answer.Result));
    }

    [Fact]
    public void BlobThatIsRemovedMeanwhile_IsUnknown()
    {
        var blobs = new MapBlobs();
        var answers = new Probe()
            .Poke(Id, Digits(blobs.AddUnread(8)))
            .Call("onvm_blob_len", Id, 64)
            .Call("onvm_blob_read", Id, 64, Out, 8)
            .OnvmAnswers(Guest.Invocation() with { Blobs = blobs });
        Assert.Equal([8L, -6], answers.Select(answer => answer.Result));
    }

    [Fact]
    public void BlobThatCannotBeRead_IsNotTheGuestsFault()
    {
        var blobs = new MapBlobs { IsBroken = true };
        var probe = new Probe().Poke(Id, Digits(blobs.Add("x"u8.ToArray()))).Call("onvm_blob_read", Id, 64, Out, 100);
        Assert.Throws<IOException>(() => probe.RunAsOnvm(Guest.Invocation() with { Blobs = blobs }));
    }

    private static byte[] Digits(BlobId id) => Encoding.ASCII.GetBytes(id.Value.ToString());
}
