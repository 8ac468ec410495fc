using System.Runtime.CompilerServices;
using System.Text;
using Marketplace.Crypto;
using Marketplace.Receipts;

namespace Marketplace.Storage.State;

/// <summary>The bytes are those of receipts/STATE.md, and what is not such bytes is refused.</summary>
public sealed class StateFormatTests
{
    [Fact]
    public async Task Example_OfTheDocument_IsWhatTheCodeGives()
    {
        var tree = await StateTree.InMemory.With([StateTreeTests.Put("a", "1"), StateTreeTests.Put("b", "2")]);
        var (present, absent) = (await tree.Prove("a"u8.ToArray()), await tree.Prove("c"u8.ToArray()));
        var chunk = await tree.Chunk(null);
        var example = new StringBuilder();
        foreach (var (key, value) in new[] { ("a", "1"), ("b", "2") })
        {
            var leaf = StateLeaf.Of(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(value));
            example.AppendLine($"    path of {key}        {leaf.Path}");
            example.AppendLine($"    BLAKE3 of {value}      {leaf.ValueHash}");
            example.AppendLine($"    leaf of {key}        {StateHashes.Leaf(leaf)}");
        }
        example.AppendLine($"    root             {tree.Root}, a node at bit {present.Siblings[0].Bit}");
        example.AppendLine($"    proof of a       {Hex(present.ToBytes())}");
        example.AppendLine($"    no value for c   {Hex(absent.ToBytes())}");
        example.AppendLine($"    chunk            {Hex(chunk.ToBytes())}");
        Assert.Contains(example.ToString(), await File.ReadAllTextAsync(Document(), TestContext.Current.CancellationToken));
        Assert.Equal(tree.Root, NaiveRoot());
    }

    [Fact]
    public async Task JsonForm_IsReadBack_AndNothingElseIs()
    {
        var tree = await StateTree.InMemory.With([.. Enumerable.Range(0, 50).Select(number => StateTreeTests.Put($"{number}", "value"))]);
        foreach (var (of, key) in new[] { (tree, "7"), (tree, "not there"), (StateTree.InMemory, "7") })
        {
            var proof = await of.Prove(Encoding.UTF8.GetBytes(key));
            var json = proof.ToJson();
            var read = StateProof.ReadJson(json);
            Assert.Equal(proof.ToBytes(), read.ToBytes());
            Assert.True(json.Length <= StateProofPolicy.JsonCharactersMax);
            foreach (
                var changed in new[]
                {
                    json[..^1],
                    json + "1",
                    json.Replace("\"version\":1", "\"version\":2"),
                    json.Replace("\"kind\"", "\"kin\""),
                    json.Replace("{\"version\"", "{\"more\":1,\"version\""),
                    "[]",
                    "null",
                    "",
                }
            )
            {
                Assert.Throws<FormatException>(() => StateProof.ReadJson(changed));
            }
        }
    }

    [Fact]
    public async Task JsonForm_WithAnyBitChanged_ProvesNothing()
    {
        var tree = await StateTree.InMemory.With([.. Enumerable.Range(0, 50).Select(number => StateTreeTests.Put($"{number}", "value"))]);
        foreach (var key in new[] { "7"u8.ToArray(), "not there"u8.ToArray() })
        {
            var json = (await tree.Prove(key)).ToJson().ToCharArray();
            for (var bit = 0; bit < 8 * json.Length; bit++)
            {
                json[bit / 8] ^= (char)(1 << (bit % 8));
                Assert.True(IsRefused(tree.Root, key, new string(json)), $"bit {bit}");
                json[bit / 8] ^= (char)(1 << (bit % 8));
            }
            Assert.False(IsRefused(tree.Root, key, new string(json)));
        }

        static bool IsRefused(StateRoot root, byte[] key, string json)
        {
            try
            {
                return StateProofs.Verify(root, key, StateProof.ReadJson(json)).Finding == StateFinding.Refused;
            }
            catch (FormatException)
            {
                return true;
            }
        }
    }

    [Fact]
    public async Task CutOrLongerBytes_AreRefused()
    {
        var tree = await StateTree.InMemory.With([.. Enumerable.Range(0, 50).Select(number => StateTreeTests.Put($"{number}", "value"))]);
        var proofs = new[] { (await tree.Prove("7"u8.ToArray())).ToBytes(), (await tree.Prove("x"u8.ToArray())).ToBytes() };
        foreach (var proof in proofs)
        {
            for (var length = 0; length < proof.Length; length++)
            {
                Assert.Throws<FormatException>(() => StateProof.Read(proof.AsMemory(0, length)));
            }
            Assert.Throws<FormatException>(() => StateProof.Read((byte[])[.. proof, 0]));
        }
        var chunk = (await tree.Chunk((await tree.Chunk(null, 200)).End, 200)).ToBytes();
        for (var length = 0; length < chunk.Length; length++)
        {
            Assert.Throws<FormatException>(() => StateChunk.Read(chunk.AsMemory(0, length)));
        }
        Assert.Throws<FormatException>(() => StateChunk.Read((byte[])[.. chunk, 0]));
    }

    [Fact]
    public async Task LargestValueAndKey_HaveProofsAndChunks_AndOneMoreIsRefused()
    {
        var (key, value) = (new byte[ProgramLimits.StateKeyBytesMax], new byte[ProgramLimits.StateValueBytesMax]);
        var tree = await StateTree.InMemory.With([new StateWrite(key, value), StateTreeTests.Put("a", "1")]);
        var proof = (await tree.Prove(key)).ToBytes();
        Assert.Equal(StateFinding.Present, StateProofs.Verify(tree.Root, key, proof).Finding);
        Assert.Equal(StateFinding.Refused, StateProofs.Verify(tree.Root, new byte[key.Length + 1], proof).Finding);
        Assert.Null(StateChunks.Refusal(tree.Root, null, StateChunk.Read((await tree.Chunk(null)).ToBytes())));
        var larger = StateProof.OfPresent([], new byte[value.Length + 1]).ToBytes();
        Assert.Throws<FormatException>(() => StateProof.Read(larger));
        Assert.Throws<FormatException>(() => StateProof.Read(new byte[StateProofPolicy.ProofWithValueBytesMax + 1]));
        Assert.Throws<FormatException>(() => StateChunk.Read(new byte[StateProofPolicy.ChunkBytesMax + 1]));
    }

    [Fact]
    public void Fold_RefusesWhatNoTreeHas()
    {
        var part = Blake3.Hash("part"u8);
        Assert.False(StateHashes.TryFold([part, part, part], [3, 3], out _));
        Assert.True(StateHashes.TryFold([part, part, part], [3, 4], out var left));
        Assert.True(StateHashes.TryFold([part, part, part], [4, 3], out var right));
        Assert.NotEqual(left, right);
        Assert.True(StateHashes.TryFold([part, part, part, part], [4, 3, 4], out _));
        Assert.Equal(StateHashes.Node(3, part, StateHashes.Node(4, part, part)), left);
    }

    /// <summary>A leaf's material is 68 bytes and a node's 64, and their contexts differ: one cannot be passed off as the other.</summary>
    [Fact]
    public void LeafAndNode_OfTheSameBytes_HaveOtherHashes()
    {
        var (one, two) = (Blake3.Hash("1"u8), Blake3.Hash("2"u8));
        var hashes = new HashSet<Bytes32>
        {
            StateHashes.Leaf(new StateLeaf(one, two, 0)),
            StateHashes.Path([.. one.ToArray(), .. two.ToArray()]),
        };
        for (var bit = 0; bit < StateHashes.PathBits; bit++)
        {
            Assert.True(hashes.Add(StateHashes.Node((byte)bit, one, two)));
        }
    }

    private static StateRoot NaiveRoot()
    {
        var model = new NaiveState();
        model.Apply([StateTreeTests.Put("a", "1"), StateTreeTests.Put("b", "2")]);
        return model.Root();
    }

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);

    private static string Document([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "receipts", "STATE.md");
}
