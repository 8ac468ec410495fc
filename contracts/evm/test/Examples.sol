// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MerklePath} from "../src/MerklePaths.sol";
import {File, Receipt, Seat, Share, Variable} from "../src/Receipts.sol";

/// @notice The receipts of RECEIPT.md, "Example".
library Examples {
    bytes32 internal constant MARKET = 0x29acbae141bccaf0b22e1a94d34d0bc7361e526d0bfe12c89794bc9322966dd7;

    bytes32 internal constant HASH = 0x300a2304bd145ebd01201faee599e36ee92d1e5192a367aabda56647166dc55e;
    bytes32 internal constant COMMITTEE_HASH = 0xa4714116ca88d598853028e239813e04c87fe240c3ff93c9cf0e912e9fb123ae;
    bytes32 internal constant COMMITTEE_ROOT = 0x90ded467a4c66a8eb27823db1081eff87fb182786e8d2d7c7590529f13a58c4a;
    bytes32 internal constant EARLIER_HASH = 0xdce12b0e1bc58e5541921138d03d42b3bb03830c6959e229a9f2ef2841278344;
    bytes32 internal constant REUSING_HASH = 0xcc7f42f58c92a5339670931a2267a7b0d7b52aad6311eae7575987264ce5c5ef;
    bytes32 internal constant REUSE_HASH = 0x98b4cd14c945eaf6ae96d314780e2370bc71d3d6cc363b8c70690e91d322801d;

    bytes32 private constant WORKER = 0x03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8;

    /// @notice Where the receipts stand: second of three, the others are 32 bytes of 08 and of 09.
    function path() internal pure returns (MerklePath memory made) {
        made.neighbours = new bytes32[](2);
        made.neighbours[0] = repeat(8);
        made.neighbours[1] = repeat(9);
        made.lefts = 1;
    }

    function root(bytes32 leaf) internal pure returns (bytes32) {
        bytes32 left = keccak256(abi.encodePacked(bytes1(0x01), repeat(8), leaf));
        return keccak256(abi.encodePacked(bytes1(0x01), left, repeat(9)));
    }

    function first() internal pure returns (Receipt memory receipt) {
        receipt.execution.invocation.job = repeat(1);
        receipt.execution.invocation.program = repeat(2);
        receipt.execution.invocation.module = 0x0d66d411a21e80d93afa1487b002a1867432c04ba1d08dc790d259639f6a69c4;
        receipt.execution.invocation.entryPoint = "run";
        receipt.execution.invocation.arguments = new string[](2);
        receipt.execution.invocation.arguments[0] = "--verbose";
        receipt.execution.invocation.arguments[1] = unicode"grüße";
        receipt.execution.invocation.environment = new Variable[](2);
        receipt.execution.invocation.environment[0] = Variable("LANG", "C");
        receipt.execution.invocation.environment[1] = Variable("TZ", unicode"\"a\\b\"\u001f\n/😀\u2028");
        receipt.execution.invocation.input = 0xea8f163db38682925e4491c5e58d4bb3506ef8c14eb78a86e908c5624a67200f;
        receipt.execution.invocation.files = new File[](1);
        receipt.execution.invocation.files[0] =
            File("a.txt", 0x17762fddd969a453925d65717ac3eea21320b66b54342fde15128d6caf21215f);
        receipt.execution.invocation.clock = 1767323045000000000;
        receipt.execution.invocation.fuelLimit = 1000000;
        receipt.execution.invocation.memoryPages = 256;
        receipt.execution.invocation.timeLimit = 10000000000;
        receipt.execution.result.profile = repeat(3);
        receipt.execution.result.outcome = "completed";
        receipt.execution.result.fuel = 123456;
        receipt.execution.result.output = 0xf823caef657a78476ebcb5464839e1efc58df85bb73ca50f1e1476c64aade7d3;
        receipt.execution.result.outputFiles = new File[](1);
        receipt.execution.result.outputFiles[0] =
            File("b.txt", 0x10e5cf3d3c8a4f9f3468c8cc58eea84892a22fdadbc1acb22410190044c1d553);
        receipt.execution.result.stateBefore = repeat(4);
        receipt.execution.result.stateAfter = repeat(5);
        receipt.execution.result.writes = 0x354528b02646cc58a56407d62e9229f428b063eb2cc9cb78723526f534b2e172;
        receipt.payer = repeat(6);
        receipt.seats = new Seat[](1);
        receipt.seats[0] = Seat(WORKER, 100);
        receipt.assurance = "none";
        receipt.state = "completed";
        receipt.fault = "none";
        receipt.priceLimit = 1000;
        receipt.price = 13;
        receipt.shares = new Share[](1);
        receipt.shares[0] = Share(repeat(7), 13);
        receipt.endedAt = 1767323046500000000;
    }

    function ofCommittee() internal pure returns (Receipt memory receipt) {
        receipt = first();
        receipt.seats = new Seat[](2);
        receipt.seats[0] = Seat(0x2152f8d19b791d24453242e15f2eab6cb7cffa7b6a5ed30097960e069881db12, 100);
        receipt.seats[1] = Seat(0xdb995fe25169d141cab9bbba92baa01f9f2e1ece7df4cb2ac05190f37fcc1f9d, 100);
        receipt.assurance = "committee:3";
        receipt.price = 26;
        receipt.shares = new Share[](2);
        receipt.shares[0] = Share(repeat(7), 13);
        receipt.shares[1] = Share(repeat(0x17), 13);
        receipt.epoch = 7;
    }

    /// @notice The receipt that answers the job of the one after.
    function earlier() internal pure returns (Receipt memory receipt) {
        receipt = first();
        receipt.execution.result.stateBefore = 0;
        receipt.execution.result.stateAfter = 0;
        receipt.execution.result.writes = 0;
    }

    function reusing() internal pure returns (Receipt memory receipt) {
        receipt = earlier();
        receipt.execution.invocation.job = repeat(10);
        receipt.execution.invocation.clock = 1767323105000000000;
        receipt.execution.invocation.fuelLimit = 2000000;
        receipt.execution.invocation.timeLimit = 20000000000;
        receipt.seats = new Seat[](0);
        receipt.price = 3;
        receipt.shares = new Share[](2);
        receipt.shares[0] = Share(repeat(7), 2);
        receipt.shares[1] = Share(repeat(0x27), 1);
        receipt.endedAt = 1767323105000000000;
    }

    function repeat(uint8 value) internal pure returns (bytes32) {
        return bytes32(uint256(value) * 0x0101010101010101010101010101010101010101010101010101010101010101);
    }
}
