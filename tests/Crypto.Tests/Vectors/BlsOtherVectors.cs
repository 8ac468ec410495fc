using System.Text;
using System.Text.Json;

namespace Marketplace.Crypto.Tests;

/// <summary>Runs the vectors of RFC 9380, of Wycheproof, and the rogue keys.</summary>
public static class BlsOtherVectors
{
    public const string RfcFolder = "bls/rfc9380";
    public const string WycheproofFolder = "bls/wycheproof";
    public const string RogueKeyFile = "bls/derived/rogue-key.json";

    /// <summary>u, both points and their sum in the subgroup.</summary>
    public static VectorTally RunRfc(string folder)
    {
        var tally = new VectorTally();
        foreach (var file in Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            var root = document.RootElement;
            var tag = Encoding.ASCII.GetBytes(root.GetProperty("dst").GetString()!);
            var isG1 = root.GetProperty("curve").GetString()!.EndsWith("G1", StringComparison.Ordinal);
            var vectors = root.GetProperty("vectors");
            foreach (
                var vector in vectors.ValueKind == JsonValueKind.Array
                    ? vectors.EnumerateArray()
                    : new JsonElement[] { vectors }.AsEnumerable()
            )
            {
                var message = Encoding.ASCII.GetBytes(vector.GetProperty("msg").GetString()!);
                tally.Add(
                    $"{(isG1 ? "G1" : "G2")} of {message.Length} bytes",
                    isG1 ? IsG1(vector, message, tag) : IsG2(vector, message, tag)
                );
            }
        }
        return tally;
    }

    public static VectorTally RunWycheproof(string folder)
    {
        var tally = new VectorTally();
        foreach (var file in Directory.GetFiles(folder, "*.json").Order(StringComparer.Ordinal))
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            foreach (var group in document.RootElement.GetProperty("testGroups").EnumerateArray())
            {
                foreach (var test in group.GetProperty("tests").EnumerateArray())
                {
                    var accepted = group.GetProperty("type").GetString() switch
                    {
                        "BlsSigVerify" => Verify(group, test),
                        "BlsAggregateVerify" => AggregateVerify(group, test),
                        "BlsHashToG2" => HashToG2(group, test),
                        var other => throw new InvalidOperationException($"{file}: tests of type {other} are not known."),
                    };
                    var name = $"{Path.GetFileNameWithoutExtension(file)} tcId {test.GetProperty("tcId").GetInt32()}";
                    tally.Add(name, accepted == (test.GetProperty("result").GetString() == "valid"));
                }
            }
        }
        return tally;
    }

    /// <summary>
    /// A case passes when the forged aggregate would be accepted without proofs, every victim proves its key, and the rogue key cannot be
    /// proved: by none of its fakes, and by no victim's proof.
    /// </summary>
    public static VectorTally RunRogueKeys(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        var tally = new VectorTally();
        foreach (var test in document.RootElement.GetProperty("cases").EnumerateArray())
        {
            BlsPublicKey[] victims = [.. Hex.All(test.GetProperty("victimPubkeys")).Select(bytes => BlsPublicKey.Read(bytes))];
            BlsSignature[] proofs = [.. Hex.All(test.GetProperty("victimPops")).Select(bytes => BlsSignature.Read(bytes))];
            var rogue = BlsPublicKey.Read(Hex.Bytes(test.GetProperty("roguePubkey")));
            var fakes = Hex.All(test.GetProperty("fakePops"))
                .Select(bytes => BlsSignature.TryRead(bytes, out var fake) ? fake : null)
                .OfType<BlsSignature>();
            var unproven = victims.Append(rogue).Select(key => ProvenBlsPublicKey.FromTrustedStorage(key.Bytes));
            var forged = BlsSignature.Read(Hex.Bytes(test.GetProperty("forgedAggregateSignature")));
            tally.Add(
                $"{victims.Length} victims, {rogue}",
                Bls.FastAggregateVerify([.. unproven], Hex.Bytes(test.GetProperty("message")), forged)
                    && victims.Zip(proofs).All(pair => Bls.TryProvePossession(pair.First, pair.Second, out _))
                    && fakes.Concat(proofs).All(proof => !Bls.TryProvePossession(rogue, proof, out _))
            );
        }
        return tally;
    }

    private static bool IsG1(JsonElement vector, byte[] message, byte[] tag)
    {
        var uniform = new byte[128];
        BlsHash.Expand(message, tag, uniform);
        var passed = Is(vector.GetProperty("P"), BlsHash.ToG1(message, tag));
        for (var i = 0; i < 2; i++)
        {
            var u = Fp.ReadWide(uniform.AsSpan(64 * i, 64));
            BlsMap.ToCurve(in u, out var point);
            passed &= Hex.Of(in u) == vector.GetProperty("u")[i].GetString() && Is(vector.GetProperty($"Q{i}"), point);
        }
        return passed;
    }

    private static bool IsG2(JsonElement vector, byte[] message, byte[] tag)
    {
        var uniform = new byte[256];
        BlsHash.Expand(message, tag, uniform);
        var passed = Is(vector.GetProperty("P"), BlsHash.ToG2(message, tag));
        for (var i = 0; i < 2; i++)
        {
            var u = new Fp2(Fp.ReadWide(uniform.AsSpan(128 * i, 64)), Fp.ReadWide(uniform.AsSpan((128 * i) + 64, 64)));
            BlsMap.ToCurve(in u, out var point);
            passed &= Hex.Of(in u) == vector.GetProperty("u")[i].GetString() && Is(vector.GetProperty($"Q{i}"), point);
        }
        return passed;
    }

    private static bool Is(JsonElement expected, in BlsPoint<Fp> point)
    {
        var affine = point.ToAffine();
        return Hex.Of(affine.X) == expected.GetProperty("x").GetString() && Hex.Of(affine.Y) == expected.GetProperty("y").GetString();
    }

    private static bool Is(JsonElement expected, in BlsPoint<Fp2> point)
    {
        var affine = point.ToAffine();
        return Hex.Of(affine.X) == expected.GetProperty("x").GetString() && Hex.Of(affine.Y) == expected.GetProperty("y").GetString();
    }

    private static bool Verify(JsonElement group, JsonElement test) =>
        BlsPublicKey.TryRead(Hex.Bytes(group.GetProperty("publicKey").GetProperty("pk")), out var key)
        && BlsSignature.TryRead(Hex.Bytes(test.GetProperty("sig")), out var signature)
        && Bls.Verify(key, Hex.Bytes(test.GetProperty("msg")), signature, Tag(group, "ciphersuite"));

    /// <summary>The basic scheme, whose messages must differ.</summary>
    private static bool AggregateVerify(JsonElement group, JsonElement test)
    {
        BlsPublicKey?[] keys =
        [
            .. Hex.All(test.GetProperty("pubkeys")).Select(bytes => BlsPublicKey.TryRead(bytes, out var key) ? key : null),
        ];
        ReadOnlyMemory<byte>[] messages = [.. Hex.All(test.GetProperty("messages"))];
        return keys.All(key => key is not null)
            && keys.Length == messages.Length
            && messages.Select(message => Convert.ToHexString(message.Span)).Distinct().Count() == messages.Length
            && BlsSignature.TryRead(Hex.Bytes(test.GetProperty("sig")), out var signature)
            && Bls.VerifyAggregate(keys!, messages, signature, Tag(group, "ciphersuite"));
    }

    private static bool HashToG2(JsonElement group, JsonElement test)
    {
        var point = BlsHash.ToG2(Hex.Bytes(test.GetProperty("msg")), Tag(group, "dst")).ToAffine();
        return BlsSignature.From(in point).Bytes.SequenceEqual(Hex.Bytes(test.GetProperty("expected")));
    }

    private static byte[] Tag(JsonElement group, string name) => Encoding.ASCII.GetBytes(group.GetProperty(name).GetString()!);
}
