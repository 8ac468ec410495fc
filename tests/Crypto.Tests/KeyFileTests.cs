using System.Text;
using System.Text.Json.Nodes;

namespace Marketplace.Crypto.Tests;

public sealed class KeyFileTests : IDisposable
{
    private const string Passphrase = "correct horse, battery – staple";

    private readonly string _folder = Directory.CreateTempSubdirectory("marketplace-key-").FullName;

    private string File => Path.Combine(_folder, "some.key");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void PlainKey_ComesBack_WithOrWithoutAPassphraseGiven()
    {
        using var made = KeyFile.Create(File);
        using var opened = KeyFile.Open(File);
        using var openedWithMore = KeyFile.Open(File, Passphrase);

        AssertSame(made, opened);
        AssertSame(made, openedWithMore);
        Assert.Equal(new KeyFileView(made.PublicKey, IsEncrypted: false), KeyFile.View(File));
        Assert.Equal(["some.key"], Directory.EnumerateFiles(_folder).Select(Path.GetFileName));
    }

    [Fact]
    public void EncryptedKey_ComesBackWithItsPassphraseOnly_AndTellsItsPublicKeyWithout()
    {
        using var made = KeyFile.Create(File, Passphrase);
        using var opened = KeyFile.Open(File, Passphrase);

        AssertSame(made, opened);
        Assert.Equal(new KeyFileView(made.PublicKey, IsEncrypted: true), KeyFile.View(File));
        AssertFault(KeyFileFault.WrongPassphrase, () => KeyFile.Open(File, Passphrase + " "));
        AssertFault(KeyFileFault.NeedsPassphrase, () => KeyFile.Open(File));
        Assert.DoesNotContain(SeedOf(made), System.IO.File.ReadAllText(File), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void TwoKeys_ShareNothing()
    {
        using var first = KeyFile.Create(File, Passphrase);
        using var second = KeyFile.Create(File + "2", Passphrase);

        Assert.NotEqual(first.PublicKey, second.PublicKey);
        var (one, other) = (Fields(File), Fields(File + "2"));
        foreach (var name in new[] { "salt", "nonce", "box" })
        {
            Assert.NotEqual((string?)one["sealed"]![name], (string?)other["sealed"]![name]);
        }
    }

    [Fact]
    public void FileThatIsThere_IsNeverReplaced()
    {
        KeyFile.Create(File).Dispose();
        var before = System.IO.File.ReadAllBytes(File);

        AssertFault(KeyFileFault.Exists, () => KeyFile.Create(File));
        Assert.Equal(before, System.IO.File.ReadAllBytes(File));
        Assert.Single(Directory.EnumerateFiles(_folder));
    }

    [Fact]
    public async Task OfManyThatMakeTheSameFile_OneSucceeds_AndItsKeyIsInTheFile()
    {
        var made = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(Make, TestContext.Current.CancellationToken)));

        var key = Assert.Single(made, key => key is not null);
        Assert.Equal(key, KeyFile.View(File).PublicKey);
        Assert.Single(Directory.EnumerateFiles(_folder));

        Bytes32? Make()
        {
            try
            {
                using var key = KeyFile.Create(File);
                return key.PublicKey;
            }
            catch (KeyFileException failure) when (failure.Fault == KeyFileFault.Exists)
            {
                return null;
            }
        }
    }

    [Theory]
    [InlineData("0640"), InlineData("0604"), InlineData("0700")]
    public void FileWithALooseMode_IsRefused(string mode)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        KeyFile.Create(File).Dispose();
        Assert.Equal(OwnerFile.Mode, System.IO.File.GetUnixFileMode(File));

        System.IO.File.SetUnixFileMode(File, (UnixFileMode)Convert.ToInt32(mode, 8));

        var failure = AssertFault(KeyFileFault.Loose, () => KeyFile.Open(File));
        Assert.Contains(mode, failure.Message, StringComparison.Ordinal);
        Assert.Contains("chmod 600", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null), InlineData(Passphrase)]
    public void FileWithAnyDigitChanged_IsDamaged_NotAnotherKey(string? passphrase)
    {
        KeyFile.Create(File, passphrase).Dispose();
        var whole = System.IO.File.ReadAllText(File);

        // One digit of every value: a line has one.
        foreach (var at in Enumerable.Range(0, whole.Length).Where(at => whole[at] == '"' && ",\r\n".Contains(whole[at + 1])))
        {
            var text = new StringBuilder(whole);
            text[at - 1] = whole[at - 1] == '0' ? '1' : '0';
            AssertDamaged(text.ToString());
        }
    }

    [Theory]
    [InlineData(""), InlineData("{}"), InlineData("null"), InlineData("[]"), InlineData("{\"format\":\"marketplace-key-1\",\"seed\":null}")]
    [InlineData("zz11111111111111111111111111111111111111111111111111111111111111"), InlineData("1111")]
    public void TextThatIsNoKey_IsDamaged(string text)
    {
        KeyFile.Create(File).Dispose();
        AssertDamaged(text);
    }

    [Fact]
    public void FileCutAnywhere_IsDamaged()
    {
        KeyFile.Create(File).Dispose();
        var whole = System.IO.File.ReadAllText(File).TrimEnd();
        for (var length = 0; length < whole.Length; length += 7)
        {
            AssertDamaged(whole[..length]);
        }
    }

    [Fact]
    public void CountOfIterations_IsTakenUpToItsLimit()
    {
        var box = new SealedSeed(KeyFile.IterationsMax + 1, new string('0', 32), new string('0', 24), new string('0', 96));
        KeyFile.Create(File).Dispose();
        AssertDamaged(Text(box));
        AssertDamaged(Text(box with { Iterations = 0 }));
        Write(Text(box with { Iterations = 1 }));
        AssertFault(KeyFileFault.WrongPassphrase, () => KeyFile.Open(File, Passphrase));

        static string Text(SealedSeed box)
        {
            var fields = new KeyFileFields(KeyFile.Format, new string('1', 64), null, box);
            return System.Text.Json.JsonSerializer.Serialize(
                fields with
                {
                    Check = KeyFile.CheckOf(fields),
                },
                KeyFileJson.Default.KeyFileFields
            );
        }
    }

    [Fact]
    public void FileOfTheLongestSize_IsRead_AndOneByteMoreIsNot()
    {
        using var made = KeyFile.Create(File);
        var text = System.IO.File.ReadAllText(File);

        Write(text.PadRight(KeyFile.KeyFileBytesMax));
        Assert.Equal(made.PublicKey, KeyFile.View(File).PublicKey);
        AssertDamaged(text.PadRight(KeyFile.KeyFileBytesMax + 1));
    }

    [Fact]
    public void Passphrase_HasOneToTheMostCharacters()
    {
        AssertFault(KeyFileFault.UnusablePassphrase, () => KeyFile.Create(File, ""));
        AssertFault(KeyFileFault.UnusablePassphrase, () => KeyFile.Create(File, new string('x', SecretFile.PassphraseCharsMax + 1)));
        AssertFault(KeyFileFault.UnusablePassphrase, () => KeyFile.Create(File, "\ud800"));
        Assert.Empty(Directory.EnumerateFiles(_folder));
        KeyFile.Create(File, new string('x', SecretFile.PassphraseCharsMax)).Dispose();
    }

    /// <summary>As silos wrote their keys before there was this format.</summary>
    [Fact]
    public void BareSeed_IsRead()
    {
        using var made = KeyFile.Create(File);
        Write(SeedOf(made) + "\n");

        using var opened = KeyFile.Open(File);

        AssertSame(made, opened);
        Assert.Equal(new KeyFileView(made.PublicKey, IsEncrypted: false), KeyFile.View(File));
    }

    [Fact]
    public void FileThatIsMissing_AndFolderThatIsMissing_SaySo()
    {
        AssertFault(KeyFileFault.Missing, () => KeyFile.Open(File));
        AssertFault(KeyFileFault.Missing, () => KeyFile.Open(Path.Combine(_folder, "none", "some.key")));
        AssertFault(KeyFileFault.Inaccessible, () => KeyFile.Create(Path.Combine(_folder, "none", "some.key")));
    }

    private void AssertDamaged(string text)
    {
        Write(text);
        var failure = AssertFault(KeyFileFault.Damaged, () => KeyFile.Open(File, Passphrase));
        Assert.Contains("backup", failure.Message, StringComparison.Ordinal);
        AssertFault(KeyFileFault.Damaged, () => KeyFile.View(File));
    }

    private static KeyFileException AssertFault(KeyFileFault fault, Func<object> act)
    {
        var failure = Assert.Throws<KeyFileException>(act);
        Assert.Equal(fault, failure.Fault);
        return failure;
    }

    private static void AssertSame(Ed25519KeyPair expected, Ed25519KeyPair actual)
    {
        Assert.Equal(expected.PublicKey, actual.PublicKey);
        Assert.True(Ed25519.Verify(expected.PublicKey, "words"u8, actual.Sign("words"u8)));
    }

    private static string SeedOf(Ed25519KeyPair key)
    {
        var seed = new byte[Ed25519.SeedSize];
        key.CopySeedTo(seed);
        return Convert.ToHexStringLower(seed);
    }

    private static JsonNode Fields(string file) => JsonNode.Parse(System.IO.File.ReadAllText(file))!;

    private void Write(string text) => System.IO.File.WriteAllText(File, text);
}
