using System.Text;
using System.Text.Json.Nodes;
using Marketplace.Crypto;

namespace Marketplace.Chain.Tests;

public sealed class KeyStoreTests : IDisposable
{
    private const string Passphrase = "testpassword";
    private const string Secret = "7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d";

    /// <summary>The first example of the specification.</summary>
    private const string Pbkdf2Example = """
        {
          "crypto": {
            "cipher": "aes-128-ctr",
            "cipherparams": { "iv": "6087dab2f9fdbbfaddc31a909735c1e6" },
            "ciphertext": "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46",
            "kdf": "pbkdf2",
            "kdfparams": {
              "c": 262144,
              "dklen": 32,
              "prf": "hmac-sha256",
              "salt": "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd"
            },
            "mac": "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2"
          },
          "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
          "version": 3
        }
        """;

    /// <summary>The second one.</summary>
    private const string ScryptExample = """
        {
          "crypto": {
            "cipher": "aes-128-ctr",
            "cipherparams": { "iv": "83dbcc02d8ccb40e466191a123791e0e" },
            "ciphertext": "d172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c",
            "kdf": "scrypt",
            "kdfparams": {
              "dklen": 32,
              "n": 262144,
              "p": 8,
              "r": 1,
              "salt": "ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19"
            },
            "mac": "2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097"
          },
          "id": "3198bc9c-6672-5ab3-d995-4942343ae5b6",
          "version": 3
        }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("key-store-").FullName;

    private string File => Path.Combine(_folder, "some.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, InlineData(Pbkdf2Example), InlineData(ScryptExample)]
    public void ExamplesOfTheSpecification_AreOpened(string text)
    {
        Write(text);
        using var key = KeyStoreFile.Open(File, Passphrase);
        Assert.Equal(Secret, SecretOf(key));

        Assert.Equal(KeyFileFault.WrongPassphrase, FaultOf("testpassworD"));
        Assert.Equal(KeyFileFault.UnusablePassphrase, FaultOf(""));
        Assert.Equal(KeyFileFault.UnusablePassphrase, FaultOf("\ud800"));
    }

    [Fact]
    public void FileThatIsMade_IsOpenedWithItsPassphraseOnly()
    {
        using var key = new Secp256k1PrivateKey(Convert.FromHexString(Secret));
        KeyStoreFile.Create(File, "Pässwörd", key);

        using var opened = KeyStoreFile.Open(File, "Pässwörd");
        Assert.Equal(Secret, SecretOf(opened));
        Assert.Equal(KeyFileFault.WrongPassphrase, FaultOf("Password"));

        var made = JsonNode.Parse(System.IO.File.ReadAllText(File))!;
        Assert.Equal($"{EvmAddresses.Of(key.PublicKey)}"[2..], (string)made["address"]!);
        var (cost, parameters) = (262144, made["crypto"]!["kdfparams"]!);
        Assert.Equal((cost, 8, 1), ((int)parameters["n"]!, (int)parameters["r"]!, (int)parameters["p"]!));
        Assert.DoesNotContain(Secret, made.ToJsonString(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal([File], Directory.EnumerateFileSystemEntries(_folder));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        }
    }

    [Fact]
    public void FileThatIsThere_IsNotReplaced_AndTwoFilesShareNothing()
    {
        using var key = new Secp256k1PrivateKey(Convert.FromHexString(Secret));
        Write("other");
        var refused = Assert.Throws<KeyFileException>(() => KeyStoreFile.Create(File, Passphrase, key));
        Assert.Equal((KeyFileFault.Exists, "other"), (refused.Fault, System.IO.File.ReadAllText(File)));

        var (one, two) = (Path.Combine(_folder, "one"), Path.Combine(_folder, "two"));
        KeyStoreFile.Create(one, Passphrase, key);
        KeyStoreFile.Create(two, Passphrase, key);
        foreach (var member in new[] { "ciphertext", "mac", "cipherparams", "kdfparams" })
        {
            Assert.NotEqual(Member(one, member), Member(two, member));
        }

        static string Member(string path, string name) =>
            JsonNode.Parse(System.IO.File.ReadAllText(path))!["crypto"]![name]!.ToJsonString();
    }

    [Fact]
    public void FileThatIsMissingOrOpenToOthers_IsRefused()
    {
        Assert.Equal(KeyFileFault.Missing, FaultOf(Passphrase));
        if (OperatingSystem.IsWindows())
        {
            return;
        }
        Write(Pbkdf2Example);
        System.IO.File.SetUnixFileMode(File, OwnerFile.Mode | UnixFileMode.GroupRead);
        Assert.Equal(KeyFileFault.Loose, FaultOf(Passphrase));
    }

    /// <summary>What wallets add beside the form, and what they write otherwise.</summary>
    [Theory]
    [InlineData("address", "\"008aeeda4d805471df9b2a5b0f38a0c3bcba786b\"")]
    [InlineData("address", "\"0x008AEEDA4d805471df9b2a5b0f38a0c3bcba786b\"")]
    [InlineData("name", "\"my wallet\"")]
    [InlineData("x-ethers", """{"client":"ethers/6","_version":"0.1","deep":[[[[[1]]]]]}""")]
    public void OtherMembersBesideTheEncryption_ArePassedOver(string name, string value)
    {
        Write(With(Pbkdf2Example, name, value).Replace("\"crypto\"", "\"Crypto\"", StringComparison.Ordinal));
        using var key = KeyStoreFile.Open(File, Passphrase);
        Assert.Equal(Secret, SecretOf(key));
    }

    [Theory]
    [InlineData("version", "1"), InlineData("version", "\"3\""), InlineData("version", "3.5"), InlineData("version", "4294967299")]
    [InlineData("version", null), InlineData("id", null), InlineData("id", "3"), InlineData("id", "\"3198bc9c\"")]
    [InlineData("id", "\"\\ud800\""), InlineData("\\ud800", "1"), InlineData("address", "1"), InlineData("address", "\"\"")]
    [InlineData("address", "\"108aeeda4d805471df9b2a5b0f38a0c3bcba786b\""), InlineData("Crypto", "{}"), InlineData("crypto", null)]
    [InlineData("crypto", "1"), InlineData("crypto", "{}"), InlineData("deep", "[[[[[[[[1]]]]]]]]")]
    [InlineData("crypto.cipher", "\"aes-256-ctr\""), InlineData("crypto.cipher", "1"), InlineData("crypto.cipher", null)]
    [InlineData("crypto.more", "1"), InlineData("crypto.cipherparams", "1"), InlineData("crypto.cipherparams.iv", null)]
    [InlineData("crypto.cipherparams.iv", "\"\""), InlineData("crypto.cipherparams.iv", "\"6087dab2f9fdbbfaddc31a909735c1\"")]
    [InlineData("crypto.cipherparams.iv", "\"6087dab2f9fdbbfaddc31a909735c1e6ff\""), InlineData("crypto.cipherparams.iv", "6087")]
    [InlineData("crypto.cipherparams.iv", "\"6087dab2f9fdbbfaddc31a909735c1ex\""), InlineData("crypto.cipherparams.more", "1")]
    [InlineData("crypto.cipherparams.iv", "\"0x6087dab2f9fdbbfaddc31a909735c1e6\""), InlineData("crypto.ciphertext", "\"53\"")]
    [InlineData("crypto.ciphertext", "\"5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa4600\"")]
    [InlineData("crypto.ciphertext", "1"), InlineData("crypto.ciphertext", null), InlineData("crypto.mac", null)]
    [
        InlineData("crypto.mac", "\"517e\""),
        InlineData("crypto.mac", "false"),
        InlineData("crypto.kdf", null),
        InlineData("crypto.kdf", "\"\"")
    ]
    [InlineData("crypto.kdf", "\"argon2\""), InlineData("crypto.kdf", "1"), InlineData("crypto.kdf", "\"scrypt\"")]
    [InlineData("crypto.kdfparams", null), InlineData("crypto.kdfparams", "[]"), InlineData("crypto.kdfparams.c", null)]
    [InlineData("crypto.kdfparams.c", "0"), InlineData("crypto.kdfparams.c", "-1"), InlineData("crypto.kdfparams.c", "10000001")]
    [InlineData("crypto.kdfparams.c", "1e3"), InlineData("crypto.kdfparams.c", "\"1\""), InlineData("crypto.kdfparams.dklen", "16")]
    [InlineData("crypto.kdfparams.dklen", "64"), InlineData("crypto.kdfparams.dklen", null), InlineData("crypto.kdfparams.more", "1")]
    [InlineData("crypto.kdfparams.prf", "\"hmac-sha512\""), InlineData("crypto.kdfparams.prf", null)]
    [InlineData("crypto.kdfparams.salt", "\"\""), InlineData("crypto.kdfparams.salt", "\"a\""), InlineData("crypto.kdfparams.salt", null)]
    public void FieldInAnotherForm_IsDamaged(string name, string? value)
    {
        Write(With(Pbkdf2Example, name, value));
        Assert.Equal(KeyFileFault.Damaged, FaultOf(Passphrase));
    }

    [Theory]
    [InlineData("n", "0"), InlineData("n", "1"), InlineData("n", "-2147483648"), InlineData("n", "262143"), InlineData("n", "4294967296")]
    [InlineData("n", "8388608"), InlineData("n", "\"2\""), InlineData("n", null), InlineData("r", "0"), InlineData("r", "17")]
    [InlineData("r", "2147483647"), InlineData("r", null), InlineData("p", "0"), InlineData("p", "65"), InlineData("p", "2147483647")]
    [InlineData("p", null), InlineData("dklen", "31"), InlineData("salt", "1"), InlineData("c", "1"), InlineData("prf", "\"hmac-sha256\"")]
    public void ScryptInAnotherFormOrBeyondItsBounds_IsDamaged(string name, string? value)
    {
        Write(With(ScryptExample, $"crypto.kdfparams.{name}", value));
        Assert.Equal(KeyFileFault.Damaged, FaultOf(Passphrase));
    }

    /// <summary>What is at a bound is let through: only the MAC is wrong then.</summary>
    [Fact]
    public void CostsAtTheirBounds_AreTaken()
    {
        AssertScrypt(KeyFileFault.WrongPassphrase, cost: 1 << 22, parallelization: 1);
        AssertScrypt(KeyFileFault.Damaged, cost: 1 << 23, parallelization: 1);
        AssertScrypt(KeyFileFault.WrongPassphrase, cost: 1 << 16, parallelization: 128);
        AssertScrypt(KeyFileFault.Damaged, cost: 1 << 16, parallelization: 129);
        AssertScrypt(KeyFileFault.Damaged, cost: 2, parallelization: (1 << 22) + 1);

        foreach (var (bytes, fault) in new[] { (64, KeyFileFault.WrongPassphrase), (65, KeyFileFault.Damaged) })
        {
            var salt = With(Pbkdf2Example, "crypto.kdfparams.salt", $"\"{new string('a', 2 * bytes)}\"");
            Write(With(salt, "crypto.kdfparams.c", "1"));
            Assert.Equal(fault, FaultOf(Passphrase));
        }

        void AssertScrypt(KeyFileFault expected, int cost, int parallelization)
        {
            Write(With(With(ScryptExample, "crypto.kdfparams.n", $"{cost}"), "crypto.kdfparams.p", $"{parallelization}"));
            Assert.Equal(expected, FaultOf(Passphrase));
        }
    }

    /// <summary>Whatever stands elsewhere, with few iterations so that it takes no time: nothing else is thrown.</summary>
    [Fact]
    public void ChangedFile_IsDamagedOrNotOpened()
    {
        var good = With(Pbkdf2Example, "crypto.kdfparams.c", "1");
        var random = new Random(1);
        var unopened = 0;
        for (var round = 0; round < 2_000; round++)
        {
            var changed = good.ToCharArray();
            changed[random.Next(changed.Length)] = "[]{}\",:0a\\"[random.Next(10)];
            Write(new string(changed));
            unopened += FaultOf(Passphrase) switch
            {
                KeyFileFault.WrongPassphrase => 1,
                KeyFileFault.Damaged => 0,
                var other => throw new InvalidOperationException($"{other}: {new string(changed)}"),
            };
        }
        Assert.InRange(unopened, 100, 1_900);
    }

    /// <summary>The MAC covers what is encrypted, but not the counter: only the address tells that the key is another.</summary>
    [Fact]
    public void CounterOfAnotherFile_IsSeenByTheAddress()
    {
        var other = With(Pbkdf2Example, "crypto.cipherparams.iv", "\"7087dab2f9fdbbfaddc31a909735c1e6\"");
        Write(With(other, "address", "\"008aeeda4d805471df9b2a5b0f38a0c3bcba786b\""));
        Assert.Equal(KeyFileFault.Damaged, FaultOf(Passphrase));
    }

    [Theory]
    [InlineData("crypto.ciphertext", "5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa47")]
    [InlineData("crypto.mac", "517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b3")]
    [InlineData("crypto.kdfparams.salt", "ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0be")]
    public void ChangedDigit_IsNeverAnotherKey(string name, string value)
    {
        Write(With(Pbkdf2Example, name, $"\"{value}\""));
        Assert.Equal(KeyFileFault.WrongPassphrase, FaultOf(Passphrase));
    }

    [Fact]
    public void FileCutAnywhere_IsDamaged()
    {
        for (var length = 0; length < Pbkdf2Example.TrimEnd().Length; length++)
        {
            Write(Pbkdf2Example[..length]);
            Assert.Equal(KeyFileFault.Damaged, FaultOf(Passphrase));
        }
        Write(Pbkdf2Example.PadRight(KeyFile.KeyFileBytesMax + 1));
        Assert.Equal(KeyFileFault.Damaged, FaultOf(Passphrase));
        Write(Pbkdf2Example + "{}");
        Assert.Equal(KeyFileFault.Damaged, FaultOf(Passphrase));
    }

    private KeyFileFault FaultOf(string passphrase) =>
        Assert.Throws<KeyFileException>(() => KeyStoreFile.Open(File, passphrase).Dispose()).Fault;

    /// <summary>The text with a member that has another value, or is absent. The names of members that are around it come first.</summary>
    private static string With(string text, string name, string? value)
    {
        var root = JsonNode.Parse(text)!.AsObject();
        var parts = name.Split('.');
        var inner = parts[..^1].Aggregate(root, (item, part) => item[part]!.AsObject());
        inner.Remove(parts[^1]);
        if (value is not null)
        {
            // Put in as text, for a node would not hold half a character.
            inner["PLACE"] = "HERE";
        }
        return root.ToJsonString().Replace("\"PLACE\":\"HERE\"", $"\"{parts[^1]}\":{value}", StringComparison.Ordinal);
    }

    private static string SecretOf(Secp256k1PrivateKey key)
    {
        var secret = new byte[Secp256k1PrivateKey.Size];
        key.CopyTo(secret);
        return Convert.ToHexStringLower(secret);
    }

    private void Write(string text)
    {
        System.IO.File.Delete(File);
        using var file = OwnerFile.Create(File, bufferBytes: 0);
        file.Write(Encoding.UTF8.GetBytes(text));
    }
}
