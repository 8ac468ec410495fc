using System.Buffers.Binary;
using System.Text;

namespace Marketplace.Crypto.Tests;

public sealed class IdDerivationTests
{
    private static readonly AccountId Account = new(Blake3.Hash([1]));

    [Fact]
    public void Blob_IsWhatB3sumPrints() =>
        Assert.Equal("blobd74981efa70a0c880b8d8c1985d075dbcbf679b99a5f9914e5aaf96b831a9e24", IdDerivation.Blob("hello world"u8).ToString());

    [Fact]
    public void Job_HasTheWrittenByteForm()
    {
        var requestId = "bestellung-ä-1";
        var text = Encoding.UTF8.GetBytes(requestId);
        var material = new byte[36 + text.Length];
        Account.Value.CopyTo(material);
        BinaryPrimitives.WriteInt32LittleEndian(material.AsSpan(32), text.Length);
        text.CopyTo(material, 36);
        Assert.Equal(Blake3.DeriveKey("marketplace 2026 job id v1", material), IdDerivation.Job(Account, requestId).Value);
    }

    [Fact]
    public void Program_HasTheWrittenByteForm()
    {
        var module = IdDerivation.Blob([0, 0x61, 0x73, 0x6d]);
        byte[] material = [.. module.Value.ToArray(), 3, 0, 0, 0, 7, 8, 9];
        Assert.Equal(Blake3.DeriveKey("marketplace 2026 program id v1", material), IdDerivation.Program(module, [7, 8, 9]).Value);
    }

    [Fact]
    public void Stake_HasTheWrittenByteForm_AndIsAnotherForEachPart()
    {
        var (worker, other) = (new WorkerId(Blake3.Hash([3])), new WorkerId(Blake3.Hash([4])));
        byte[] material = [.. worker.Value.ToArray(), .. Account.Value.ToArray(), 2, 0, 0, 0, (byte)'a', (byte)'b'];
        Assert.Equal(Blake3.DeriveKey("marketplace 2026 stake id v1", material), IdDerivation.Stake(worker, Account, "ab"));
        Assert.NotEqual(IdDerivation.Stake(worker, Account, "a"), IdDerivation.Stake(other, Account, "a"));
        Assert.NotEqual(IdDerivation.Stake(worker, Account, "a"), IdDerivation.Stake(worker, new AccountId(Blake3.Hash([2])), "a"));
        Assert.NotEqual(IdDerivation.Stake(worker, Account, "a"), IdDerivation.Stake(worker, Account, "b"));
    }

    [Fact]
    public void Job_IsTheSameForTheSameRequestAndDiffersElse()
    {
        var id = IdDerivation.Job(Account, "a");
        Assert.Equal(id, IdDerivation.Job(Account, "a"));
        Assert.NotEqual(id, IdDerivation.Job(Account, "b"));
        Assert.NotEqual(id, IdDerivation.Job(new AccountId(Blake3.Hash([2])), "a"));
        Assert.NotEqual(id, IdDerivation.Job(Account, ""));
    }

    [Fact]
    public void LongParts_AreTakenWhole()
    {
        Assert.NotEqual(IdDerivation.Job(Account, new string('x', 5_000)), IdDerivation.Job(Account, new string('x', 5_001)));
        var module = IdDerivation.Blob([1]);
        Assert.NotEqual(IdDerivation.Program(module, new byte[5_000]), IdDerivation.Program(module, new byte[5_001]));
    }

    [Fact]
    public void UnpairedSurrogate_IsRefused() => Assert.ThrowsAny<ArgumentException>(() => IdDerivation.Job(Account, "\ud800"));

    [Fact]
    public void Job_AllocatesNothing()
    {
        for (var round = 0; round < 2; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
            {
                IdDerivation.Job(Account, "request-4711");
            }
            if (round == 1)
            {
                Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100, "a job id allocates");
            }
        }
    }
}
